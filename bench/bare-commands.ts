import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { extract } from '../media-task/extract.ts'
import { probe } from '../media-task/probe.ts'
import { runCommand } from '../packages/local-aws/src/machine/command.ts'
import { takeTurns } from '../packages/local-aws/src/machine/take-turns.ts'
import { masterPlaylist } from '../packages/local-aws/src/services/mediaconvert/master-playlist.ts'
import { probeSource } from '../packages/local-aws/src/services/mediaconvert/probe-source.ts'
import { transcode } from '../packages/local-aws/src/services/mediaconvert/transcode.ts'
import { cutAtPauses, frameLevels } from '../packages/local-aws/src/services/transcribe/clips.ts'
import { findEngine } from '../packages/local-aws/src/services/transcribe/engine.ts'
import { renditionLadder } from '../shared/domain/media/rendition-ladder.ts'

export type TimedCommand = { label: string; program: string; seconds: number }

const LIMIT_MS = 600_000
const TOOLS = /^(ffmpeg|ffprobe|pocketsphinx_batch|whisper-cli)$/

/**
 * Times every tool that is started while `work` runs, from its start to its end, under the label of
 * the step that it belongs to.
 */
const timeCommands = async (
  work: (step: (label: string) => void) => Promise<void>,
): Promise<TimedCommand[]> => {
  const commands: TimedCommand[] = []
  let current = ''
  const onSpawn = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess }
    const label = current
    const startedAt = performance.now()
    child.once('close', () => {
      // The tool may stand behind a wrapper that ties it to its parent.
      const program = child.spawnargs
        .map(argument => basename(argument))
        .find(argument => TOOLS.test(argument))
      if (program) commands.push({ label, program, seconds: (performance.now() - startedAt) / 1000 })
    })
  }
  subscribe('child_process', onSpawn)
  const step = (label: string) => {
    current = label
  }
  await work(step).finally(() => unsubscribe('child_process', onSpawn))
  return commands
}

/**
 * Does to one film what the pipeline does, by the same command lines, one at a time and with
 * nothing around them: no S3, database, queue, state machine or upload.
 */
export const runBareCommands = async (file: string, folder: string): Promise<TimedCommand[]> => {
  const at = (name: string) => join(folder, name)
  for (const name of ['', 'pictures', 'hls', 'speech']) await mkdir(at(name), { recursive: true })
  const signal = AbortSignal.timeout(LIMIT_MS)
  const limits = { signal, timeoutMs: LIMIT_MS }
  return timeCommands(async step => {
    step('look at the file')
    const film = await probe(file, { ...limits, folder: at('pictures') })
    step('sound, thumbnail, storyboard')
    await extract({
      film,
      folder: at('pictures'),
      limits,
      onProgress: () => {},
      store: async () => {},
      onWarning: console.warn,
    })

    step('look at the file again')
    const source = await probeSource(file, signal)
    const renditions = renditionLadder(film).map(size => ({
      ...{ ...size, quality: size.width * size.height > 1_000_000 ? 8 : 7 },
      ...{
        gopSeconds: 2,
        gopFrames: undefined,
        deinterlaced: 'none' as const,
        converts709: false,
        firstPtsSeconds: 2,
        audio: { track: 0, bitrate: 128_000, sampleRate: 48_000, channels: 2, matchesPicture: true },
      },
    }))
    step('HLS ladder')
    const plan = {
      input: { bucket: '', key: '' },
      bucket: '',
      folder: '',
      name: 'master',
      segmentSeconds: 4,
      renditions,
    }
    await transcode({ file, source, plan, folder: at('hls'), signal, onPercent: () => {} })
    step('look at a rendition')
    await masterPlaylist(at('hls'), renditions, source.video!.frameRate)

    const engine = findEngine(process.env)
    if (!engine || !film.audioCodec) return
    step('sound as samples')
    const pcmFile = at('speech/sound.raw')
    const samples = ['-i', at('pictures/audio.flac'), '-ac', '1', '-ar', '16000', '-f', 's16le', pcmFile]
    await runCommand('ffmpeg', ['-nostdin', '-v', 'error', ...samples], { deadlineMs: LIMIT_MS, signal })
    const clips = cutAtPauses(await frameLevels(pcmFile))
    step('words')
    await engine.recognise({
      pcmFile,
      clips,
      folder: at('speech'),
      language: 'en-US',
      slots: takeTurns(1),
      signal,
    })
  })
}
