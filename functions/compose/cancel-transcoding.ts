import { MediaConvertClient } from '@aws-sdk/client-mediaconvert'
import { createTranscoding } from '../../shared/aws/transcoding.ts'

/**
 * Loaded at the first deletion of a video that is being converted: the client is too large for
 * every cold start.
 */
export const { cancel } = createTranscoding({ client: new MediaConvertClient() })
