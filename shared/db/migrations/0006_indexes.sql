-- Without these the health check and the sweep of every minute read the whole table of sessions.
CREATE INDEX idx_sessions_last_used_at ON sessions(last_used_at) WHERE revoked_at IS NULL;
CREATE INDEX idx_sessions_revoked_at ON sessions(revoked_at) WHERE revoked_at IS NOT NULL;

-- Every statement that names a run names its video as well.
DROP INDEX idx_videos_run_id;
