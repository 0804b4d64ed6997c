import type { AuthSecrets } from '../../shared/config/auth-secrets.ts'
import {
  type Playback,
  signPlaybackToken,
  verifyPlaybackToken,
} from '../../shared/domain/auth/playback-token.ts'
import { systemClock } from '../../shared/kernel/clock.ts'
import { createId } from '../../shared/kernel/ids.ts'

/** Makes and reads the tokens that open a video's playlists. */
export const connectPlayback = ({ jwtSecret }: AuthSecrets) => ({
  createPlaybackToken: (playback: Playback) =>
    signPlaybackToken(jwtSecret, { ...playback, tokenId: createId(), now: systemClock() }),
  verifyPlaybackToken: (o: { token: string; videoId: string }) =>
    verifyPlaybackToken(jwtSecret, { ...o, now: systemClock() }),
})
