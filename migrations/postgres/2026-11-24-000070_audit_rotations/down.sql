DROP TABLE audit_rotations;
