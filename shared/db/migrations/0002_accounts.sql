-- Sessions, refresh tokens and events of a user; and the rules that the guide's tables leave to comments.

-- TIMESTAMP columns hold UTC. The client asks for UTC in every connection; this does it for psql and other tools, where the role may.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone = ''UTC''', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the time zone of this database stays as it is: the role does not own it';
END
$$;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := timezone('UTC', clock_timestamp());
    RETURN NEW;
END
$$;

ALTER TABLE users
    ADD COLUMN event_seq BIGINT NOT NULL DEFAULT 0, -- number of the newest row in user_events
    ADD CONSTRAINT users_ai_usage_count_valid CHECK (ai_usage_count >= 0),
    ADD CONSTRAINT users_ai_usage_limit_valid CHECK (ai_usage_limit >= 0);
CREATE UNIQUE INDEX idx_users_email_lower ON users(lower(email));
-- The event counter moves with every progress report: that is no change of the user.
CREATE TRIGGER users_touch BEFORE UPDATE ON users
    FOR EACH ROW WHEN (NEW.event_seq = OLD.event_seq) EXECUTE FUNCTION touch_updated_at();

ALTER TABLE chat_messages
    ADD CONSTRAINT chat_messages_message_type_valid CHECK (message_type IN ('user', 'ai', 'system'));
CREATE INDEX idx_chat_messages_user_id ON chat_messages(user_id);
CREATE INDEX idx_chat_messages_parent ON chat_messages(parent_message_id);

-- One row for each sign-in. Its id is the refresh family and the `sid` of its access tokens: revoking it ends them all at once.
CREATE TABLE sessions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    last_used_at TIMESTAMP NOT NULL DEFAULT NOW(),
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);
CREATE INDEX idx_sessions_user_id ON sessions(user_id);
CREATE INDEX idx_sessions_expires_at ON sessions(expires_at);

-- Only an HMAC of a token is stored. Its successor is derived from the token itself, so the 30 s grace needs no copy of it.
CREATE TABLE refresh_tokens (
    token_hmac TEXT PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX idx_refresh_tokens_session_id ON refresh_tokens(session_id);

CREATE TABLE websocket_tickets (
    ticket_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX idx_websocket_tickets_user_id ON websocket_tickets(user_id);
CREATE INDEX idx_websocket_tickets_expires_at ON websocket_tickets(expires_at);

CREATE TABLE user_events (
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    seq BIGINT NOT NULL, -- 1, 2, 3 … without gaps for each user
    type TEXT NOT NULL,
    payload JSONB NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX idx_user_events_created_at ON user_events(created_at);
