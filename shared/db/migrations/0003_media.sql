-- What the pipeline keeps about a video: its run, upload, files, transcript, jobs.

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- "giao duc" finds "Giáo dục", typed composed or decomposed. unaccent itself is only STABLE, because its dictionary can be changed.
CREATE FUNCTION fold_text(value TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(public.unaccent('public.unaccent'::regdictionary, normalize(value, NFC)));

ALTER TABLE videos
    ADD COLUMN language VARCHAR(10), -- spoken language: given by the user, else identified
    ADD COLUMN stage TEXT NOT NULL DEFAULT 'uploading', -- step of the pipeline: STAGES of the contract
    ADD COLUMN stage_progress JSONB NOT NULL DEFAULT '{}', -- share done of each stage of this attempt, 0-1: stages run side by side
    ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1, -- raised by each retry
    ADD COLUMN run_id TEXT, -- execution that may write here
    ADD COLUMN source_key TEXT, -- object key of what was uploaded
    ADD COLUMN source_etag TEXT,
    ADD COLUMN source_content_type TEXT,
    ADD COLUMN playback_url TEXT, -- s3:// of the HLS master playlist
    ADD COLUMN transcript_status VARCHAR(20) NOT NULL DEFAULT 'pending',
    ADD COLUMN transcript_reason TEXT, -- why there is none
    ADD COLUMN transcript_language VARCHAR(10),
    ADD COLUMN transcript_source TEXT, -- recognised, embedded or supplied
    ADD COLUMN search TEXT GENERATED ALWAYS AS (fold_text(title || ' ' || coalesce(description, ''))) STORED,
    ADD CONSTRAINT videos_status_valid CHECK (status IS NOT NULL AND status IN ('processing', 'processed', 'error')),
    ADD CONSTRAINT videos_processing_progress_valid CHECK (processing_progress IS NOT NULL AND processing_progress BETWEEN 0 AND 100),
    ADD CONSTRAINT videos_transcript_status_valid CHECK (transcript_status IN ('pending', 'ready', 'none')),
    ADD CONSTRAINT videos_attempt_valid CHECK (attempt >= 1),
    ADD CONSTRAINT videos_metadata_valid CHECK (metadata IS NULL OR jsonb_typeof(metadata) = 'object');
CREATE INDEX idx_videos_user_created_at ON videos(user_id, created_at DESC, id);
CREATE INDEX idx_videos_search ON videos USING gin (search gin_trgm_ops);
CREATE INDEX idx_videos_run_id ON videos(run_id);
CREATE INDEX idx_videos_stuck ON videos(updated_at) WHERE status = 'processing';
CREATE TRIGGER videos_touch BEFORE UPDATE ON videos FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- `language` is the language of the text; `requested_language` what was asked for: the same request again reads the same row.
ALTER TABLE ai_summaries
    ADD COLUMN requested_language VARCHAR(10) NOT NULL DEFAULT 'vi',
    ADD COLUMN sources JSONB; -- which transcript segments each sentence stands on
CREATE UNIQUE INDEX idx_ai_summaries_request ON ai_summaries(video_id, requested_language);

ALTER TABLE ai_narrations
    ADD CONSTRAINT ai_narrations_status_valid CHECK (status IS NOT NULL AND status IN ('processing', 'completed', 'error')),
    ADD CONSTRAINT ai_narrations_voice_type_valid CHECK (voice_type IN ('male', 'female')),
    ADD CONSTRAINT ai_narrations_speed_valid CHECK (speed BETWEEN 0.5 AND 2.0);
CREATE INDEX idx_ai_narrations_video_id ON ai_narrations(video_id, created_at);

CREATE TABLE uploads (
    video_id UUID PRIMARY KEY REFERENCES videos(id) ON DELETE CASCADE,
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('post', 'multipart', 'form')),
    bucket TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes > 0), -- as announced
    upload_id TEXT, -- S3's, of a multipart upload
    part_size_bytes BIGINT,
    part_count INTEGER,
    status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'aborted', 'expired')),
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    CHECK (kind <> 'multipart' OR (upload_id IS NOT NULL AND part_size_bytes IS NOT NULL AND part_count IS NOT NULL))
);
CREATE INDEX idx_uploads_pending ON uploads(expires_at) WHERE status = 'pending';

CREATE TABLE media_files (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    video_id UUID NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL, -- audio, thumbnail, storyboard, playlist, rendition …
    url TEXT NOT NULL UNIQUE, -- s3://bucket/key
    size_bytes BIGINT,
    content_type TEXT NOT NULL,
    language VARCHAR(10),
    details JSONB, -- what only this kind has: height, bandwidth …
    created_at TIMESTAMP NOT NULL DEFAULT NOW()
);
CREATE INDEX idx_media_files_video_id ON media_files(video_id, kind);

CREATE TABLE transcript_segments (
    video_id UUID NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    index INTEGER NOT NULL CHECK (index >= 0),
    run_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL CHECK (start_ms >= 0),
    end_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1), -- none for captions: nobody measured them
    PRIMARY KEY (video_id, index),
    CHECK (end_ms >= start_ms)
);

CREATE TABLE caption_tracks (
    video_id UUID NOT NULL REFERENCES videos(id) ON DELETE CASCADE,
    index INTEGER NOT NULL CHECK (index >= 0),
    run_id TEXT NOT NULL,
    language VARCHAR(10), -- unknown in many files
    label TEXT,
    source TEXT NOT NULL, -- recognised, embedded or supplied
    url TEXT NOT NULL, -- s3:// of a WebVTT file
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    PRIMARY KEY (video_id, index)
);

CREATE TABLE jobs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    video_id UUID REFERENCES videos(id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '', -- which one, where a video can have several of a type: a summary's language
    attempt INTEGER NOT NULL DEFAULT 1,
    status VARCHAR(20) NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    result JSONB,
    error JSONB,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP NOT NULL DEFAULT NOW()
);
CREATE UNIQUE INDEX idx_jobs_step ON jobs(video_id, type, subject, attempt);
CREATE INDEX idx_jobs_user_id ON jobs(user_id, created_at DESC);
CREATE INDEX idx_jobs_stuck ON jobs(updated_at) WHERE status IN ('queued', 'running');
CREATE TRIGGER jobs_touch BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Running pipelines; their number is bounded by MAX_CONCURRENT_JOBS.
CREATE TABLE pipeline_leases (
    run_id TEXT PRIMARY KEY,
    acquired_at TIMESTAMP NOT NULL DEFAULT NOW(),
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX idx_pipeline_leases_expires_at ON pipeline_leases(expires_at);
