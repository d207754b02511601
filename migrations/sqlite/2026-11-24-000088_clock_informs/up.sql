-- What only tells a party how much time it has is told apart from what somebody owes.
ALTER TABLE clocks ADD COLUMN informs INTEGER NOT NULL DEFAULT 0 CHECK (informs IN (0, 1));
UPDATE clocks SET informs = 1 WHERE policy IN ('confirm_review', 'confirm_objection', 'enforce', 'suit_limit', 'labour_arb_limit', 'land_arb_limit', 'land_suit', 'admin_review', 'admin_suit', 'prot_order', 'prot_order_valid', 'pet_review', 'pet_rereview', 'log_keep', 'pia_keep', 'hotline_keep');
-- The lights of a case are read from this index alone.
CREATE INDEX clocks_lights ON clocks (case_id, due_at, yellow_at) WHERE ended_at IS NULL AND NOT informs;
