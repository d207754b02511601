DROP INDEX outbox_settled;
DROP TABLE timers_fired;
