import type { videosRoutes } from '../../shared/contract/videos.ts'
import { chooseFormat } from '../../shared/domain/transcripts/choose-format.ts'
import { getTranscript } from '../../shared/domain/transcripts/get-transcript.ts'
import { TRANSCRIPT_TYPES, writeTranscript } from '../../shared/domain/transcripts/transcript-formats.ts'
import { type DeleteVideoDeps, deleteVideo } from '../../shared/domain/videos/delete-video.ts'
import { type GetVideoDeps, getVideo } from '../../shared/domain/videos/get-video.ts'
import { listVideos } from '../../shared/domain/videos/list-videos.ts'
import { presentVideo } from '../../shared/domain/videos/present-video.ts'
import { readPlaylist } from '../../shared/domain/videos/read-playlist.ts'
import { type RetryVideoDeps, retryVideo } from '../../shared/domain/videos/retry-video.ts'
import { updateVideo } from '../../shared/domain/videos/update-video.ts'
import { compressed } from '../../shared/lambda/http/compressed.ts'
import type { Implementations } from '../../shared/lambda/http/create-api.ts'

export type VideosDeps = DeleteVideoDeps &
  GetVideoDeps &
  RetryVideoDeps & {
    /**
     * Whose video a playback token opens; throws `auth.…` problems, also for another video's token.
     */
    verifyPlaybackToken: (o: { token: string; videoId: string }) => Promise<{ userId: string }>
  }

/** The transcript beside the playlists, for players that send no headers. */
const CAPTIONS = 'captions.vtt'

/** The operations of the videos function. */
export const createVideosApp = (deps: VideosDeps): Implementations<typeof videosRoutes> => ({
  listVideos: async ({ query, user, baseUrl }) => ({
    status: 200,
    body: await listVideos(deps, { ...query, userId: user.userId, baseUrl }),
  }),

  getVideo: async ({ params, user, baseUrl }) => ({
    status: 200,
    body: await getVideo(deps, { videoId: params.id, userId: user.userId, baseUrl }),
  }),

  updateVideo: async ({ params, user, body, baseUrl }) => {
    const row = await updateVideo(deps, { ...body, videoId: params.id, userId: user.userId })
    return { status: 200, body: { video: await presentVideo(deps, row, baseUrl) } }
  },

  deleteVideo: async ({ params, user }) => {
    await deleteVideo(deps, { videoId: params.id, userId: user.userId })
    return { status: 204 }
  },

  retryVideo: async ({ params, user, baseUrl }) => {
    const { video, jobId } = await retryVideo(deps, { videoId: params.id, userId: user.userId })
    return { status: 202, body: { video: await presentVideo(deps, video, baseUrl), jobId } }
  },

  getTranscript: async ({ params, query, user, headers }) => {
    const format = query.format ?? chooseFormat(headers.accept)
    const segments = await getTranscript(deps, { videoId: params.id, userId: user.userId })
    const { content, headers: encoding } = compressed(writeTranscript(format, segments), headers)
    const answer = { ...encoding, Vary: 'Accept, Accept-Encoding', 'Cache-Control': 'no-store' }
    return { status: 200, content, contentType: TRANSCRIPT_TYPES[format], headers: answer }
  },

  getPlaylist: async ({ params, query: { token }, headers }) => {
    const { userId } = await deps.verifyPlaybackToken({ token, videoId: params.id })
    const owned = { videoId: params.id, userId }
    const { content: text, contentType } =
      params.playlist === CAPTIONS
        ? {
            content: writeTranscript('vtt', await getTranscript(deps, owned)),
            contentType: TRANSCRIPT_TYPES.vtt,
          }
        : await readPlaylist(deps, { ...owned, playlist: params.playlist, token })
    const { content, headers: encoding } = compressed(text, headers)
    // The links in it end with the token, so nobody may keep it for longer.
    return { status: 200, content, contentType, headers: { ...encoding, 'Cache-Control': 'no-store' } }
  },
})
