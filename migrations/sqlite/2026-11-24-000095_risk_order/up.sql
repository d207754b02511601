-- Queues by risk: each risk is read in the order it is due, without a sort.
CREATE INDEX cases_desk_risk ON cases (holder_desk_id, live, risk, next_due_at, id);
CREATE INDEX cases_holder_risk ON cases (holder_id, live, risk, next_due_at, id);
CREATE INDEX cases_risk_due ON cases (risk, next_due_at, id);
