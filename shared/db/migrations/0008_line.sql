-- A run that waits for a place stands in the line, so that the next place is its who asked first. The video is kept beside the run: no index of `videos` knows a
-- run by its name alone.
ALTER TABLE pipeline_leases
    ADD COLUMN video_id UUID, -- unknown in rows of the version before
    ADD COLUMN asked_at TIMESTAMP NOT NULL DEFAULT NOW(), -- when its run asked for the first time
    ALTER COLUMN acquired_at DROP NOT NULL; -- none while it waits
CREATE INDEX idx_pipeline_leases_places ON pipeline_leases(expires_at) WHERE acquired_at IS NOT NULL;
CREATE INDEX idx_pipeline_leases_line ON pipeline_leases(asked_at, run_id) WHERE acquired_at IS NULL;
