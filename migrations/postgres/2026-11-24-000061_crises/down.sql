DROP TABLE crisis_events;
DROP TABLE crisis_steps;
DROP TABLE crises;
