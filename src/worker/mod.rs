//! Background work: the outbox, mail, webhooks.
