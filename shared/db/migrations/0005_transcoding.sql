-- The MediaConvert job of the current run: a deleted video cancels it.
ALTER TABLE videos ADD COLUMN transcode_job_id TEXT;
