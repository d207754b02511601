DROP INDEX cases_risk_due;
DROP INDEX cases_holder_risk;
DROP INDEX cases_desk_risk;
