DROP TABLE case_owners;
DROP TABLE supervisions;
DROP TABLE conferences;
DROP TABLE whistles;
