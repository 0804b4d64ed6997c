-- Answers to POST /api/videos/upload by the client's Idempotency-Key: a repeated request finds its video and makes no second one.
CREATE TABLE upload_requests (
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    idempotency_key TEXT NOT NULL,
    video_id UUID NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    request_hash TEXT NOT NULL, -- of what was asked: the same key for something else is refused
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idx_upload_requests_video_id ON upload_requests(video_id);
