-- The W3C trace of the request whose act wrote the message; webhooks pass it on.
ALTER TABLE outbox ADD COLUMN traceparent text;
