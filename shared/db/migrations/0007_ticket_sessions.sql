-- A ticket is worth as much as the session that asked for it. Those from before, good for a minute, belong to none and open nothing.
ALTER TABLE websocket_tickets ADD COLUMN session_id UUID REFERENCES sessions(id) ON DELETE CASCADE;
CREATE INDEX idx_websocket_tickets_session_id ON websocket_tickets(session_id);
