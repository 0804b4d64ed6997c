import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Objects, objectFailure } from '../s3/object-files.ts'
import { requireReadable } from './input-table.ts'
import { JobError } from './job-error.ts'
import type { Plan } from './job-request.ts'
import { bandwidthOf, masterPlaylist } from './master-playlist.ts'
import { probeSource } from './probe-source.ts'
import { roundTargetDuration } from './target-duration.ts'
import { transcode } from './transcode.ts'

export type Phase = 'PROBING' | 'TRANSCODING' | 'UPLOADING'

const playlistType = 'application/x-mpegURL'

/**
 * Does what a job's plan says and answers how long the film became. Throws JobError for what
 * MediaConvert would end as ERROR.
 */
export const runJob = async (
  plan: Plan,
  o: {
    dataDir: string
    objects: Objects
    signal: AbortSignal
    onProgress: (phase: Phase, percent: number) => void
  },
): Promise<{ durationMs: number }> => {
  const folder = await mkdtemp(join(o.dataDir, 'job-'))
  const { signal } = o
  try {
    o.onProgress('PROBING', 0)
    const file = join(folder, 'input')
    await o.objects.download(plan.input, file, signal)
    const source = await probeSource(file, signal)
    requireReadable(source, plan.renditions.find(({ audio }) => audio)?.audio?.track)
    await transcode({
      file,
      source,
      plan,
      folder,
      signal,
      onPercent: percent => o.onProgress('TRANSCODING', Math.floor(percent * 0.98)),
    })
    o.onProgress('UPLOADING', 98)
    const names = plan.renditions.map(({ name }) => name)
    for (const name of names) await roundTargetDuration(join(folder, `${name}.m3u8`))
    const master = await masterPlaylist(folder, plan.renditions, source.video!.frameRate)
    const at = (name: string) => ({ bucket: plan.bucket, key: `${plan.folder}${name}` })
    for (const name of names) {
      await o.objects.upload(at(`${name}.ts`), { file: join(folder, `${name}.ts`) }, 'video/MP2T', signal)
      await o.objects.upload(at(`${name}.m3u8`), { file: join(folder, `${name}.m3u8`) }, playlistType, signal)
    }
    await o.objects.upload(at(`${plan.name}.m3u8`), master, playlistType, signal)
    return {
      durationMs: Math.round(
        bandwidthOf(await readFile(join(folder, `${names[0]}.m3u8`), 'utf8')).seconds * 1000,
      ),
    }
  } catch (error) {
    const failure = objectFailure(error)
    if (failure === 'missing')
      throw new JobError(1404, `a file or bucket of this job does not exist. ${String(error)}`)
    if (failure === 'denied')
      throw new JobError(1401, `Amazon S3 denied access to the job's role. ${String(error)}`)
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
