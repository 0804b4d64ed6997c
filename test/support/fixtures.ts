import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const media = join(import.meta.dirname, '../media')
const cockatoo = join(media, 'cockatoo.mp4')

/**
 * The recorded speech clips in the order of the talking video, each with what is said in it, read
 * from the README's table.
 */
export const speechClips = (): { file: string; reference: string }[] =>
  [...readFileSync(join(media, 'README.md'), 'utf8').matchAll(/^\| (\S+\.wav) \|[^|]*\| "([^"]+)" \|/gm)].map(
    ([, name, reference]) => ({
      file: join(media, name!),
      reference: reference!,
    }),
  )

/** A real camera video of a parrot: 14 s, H.264 and MP3 in MP4, no speech. */
export const cameraVideo = (): string => cockatoo

const clip = (number: string) => speechClips().find(({ file }) => file.endsWith(`${number}.wav`))!.file

// A fixture is built once for each machine and recipe; the key covers the bytes it is made of.
export const buildFixture = async (
  name: string,
  inputs: string[],
  write: (file: string) => Promise<unknown>,
  recipe: unknown,
): Promise<string> => {
  const key = createHash('sha256').update(JSON.stringify(recipe))
  for (const input of inputs) key.update(readFileSync(input))
  const folder = join(tmpdir(), `ai-video-hub-fixtures-${process.getuid?.() ?? 0}`)
  const [, stem, extension] = /^(.*)\.(\w+)$/.exec(name)!
  const file = join(folder, `${stem}-${key.digest('hex').slice(0, 12)}.${extension}`)
  if (existsSync(file)) return file
  await mkdir(folder, { recursive: true })
  // Test files run side by side: each builds under a name of its own, the rename is atomic.
  const unfinished = join(folder, `${randomBytes(6).toString('hex')}.${extension}`)
  try {
    await write(unfinished)
    await rename(unfinished, file)
  } finally {
    await rm(unfinished, { force: true })
  }
  return file
}

export const makeFixture = (name: string, inputs: string[], args: string[]) =>
  buildFixture(
    name,
    inputs,
    file => execute('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, '-fflags', '+bitexact', file]),
    args.map(withoutFolder),
  )

const withoutFolder = (argument: string) => argument.replace(media, '')

const h264 = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '27', '-pix_fmt', 'yuv420p']
const aac = ['-c:a', 'aac', '-b:a', '96k', '-ar', '44100']
const picture = (seconds: number) => [
  '-f',
  'lavfi',
  '-t',
  String(seconds),
  '-i',
  'testsrc2=size=640x360:rate=25',
]
const clock = (seconds: number) => ['-t', String(seconds)]

/**
 * Six people's sentences over moving pictures, half a second of silence after each: 38.72 s,
 * 1280x720, 25 fps, H.264 and AAC in MP4.
 */
export const talkingVideo = (): Promise<string> => {
  const clips = speechClips().map(({ file }) => file)
  const padded = clips.map((_, i) => `[${i}:a]aresample=44100,apad=pad_dur=0.5[a${i}]`)
  const joined = `${clips.map((_, i) => `[a${i}]`).join('')}concat=n=${clips.length}:v=0:a=1[sound]`
  const pictures = `[${clips.length}:v]fps=25,scale=1280:720,setsar=1[pictures]`
  return makeFixture(
    'talking.mp4',
    [...clips, cockatoo],
    [
      ...clips.flatMap(file => ['-i', file]),
      ...['-stream_loop', '-1', '-i', cockatoo],
      ...[
        '-filter_complex',
        [...padded, joined, pictures].join(';'),
        '-map',
        '[pictures]',
        '-map',
        '[sound]',
      ],
      ...clock(38.72),
      ...[...h264, ...aac, '-movflags', '+faststart'],
    ],
  )
}

/** 6 s with a sound track of digital silence. */
export const silentVideo = (): Promise<string> =>
  makeFixture(
    'silent.mp4',
    [],
    [...picture(6), '-f', 'lavfi', '-i', 'anullsrc=r=44100:cl=stereo', ...clock(6), ...h264, ...aac],
  )

/** 6 s without a sound track. */
export const videoWithoutAudio = (): Promise<string> =>
  makeFixture('no-audio.mp4', [], [...picture(6), ...h264])

/** A text that calls itself .mp4. */
export const notAVideo = (): Promise<string> => {
  const text = '<!doctype html>\n<title>Not a video</title>\n<p>This page was renamed to .mp4.\n'.repeat(200)
  return buildFixture('not-a-video.mp4', [], file => writeFile(file, text), text)
}

/** The subtitles of videoWithSubtitles; times in seconds. */
export const subtitleLines = [
  { startTime: 0.5, endTime: 2.5, text: 'Xin chào, đây là bài giảng về giáo dục.' },
  { startTime: 3, endTime: 5, text: 'Trí tuệ nhân tạo thay đổi cách chúng ta học.' },
  { startTime: 5.5, endTime: 7.5, text: 'Cảm ơn các bạn đã lắng nghe!' },
]

const srtTime = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 23).replace('.', ',')
const srt = subtitleLines
  .map((line, i) => `${i + 1}\n${srtTime(line.startTime)} --> ${srtTime(line.endTime)}\n${line.text}\n`)
  .join('\n')

/** 8 s with an embedded Vietnamese subtitle track: mov_text in MP4, SubRip in Matroska. */
export const videoWithSubtitles = async (container: 'mp4' | 'mkv' = 'mp4'): Promise<string> => {
  const subtitles = await buildFixture('vietnamese.srt', [], file => writeFile(file, srt), srt)
  const codec = container === 'mp4' ? 'mov_text' : 'srt'
  const streams = [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-map',
    '2:s',
    '-c:s',
    codec,
    '-metadata:s:s:0',
    'language=vie',
  ]
  const sound = ['-f', 'lavfi', '-t', '8', '-i', 'sine=frequency=440:sample_rate=44100']
  const file = await makeFixture(
    `subtitles.${container}`,
    [subtitles],
    [...picture(8), ...sound, '-i', subtitles, ...streams, ...h264, ...aac],
  )
  return file
}

const spoken = (name: string, codecs: string[]) => {
  const speech = clip('0870')
  return makeFixture(name, [speech], [...picture(7.08), '-i', speech, ...clock(7.08), ...codecs])
}

/** 7 s of speech over moving pictures; H.264 and AAC in MP4. */
export const speechVideo = (): Promise<string> => spoken('speech.mp4', [...h264, ...aac])

/** 7 s of speech; H.264 and MP3 in AVI, which MediaConvert does not read. */
export const aviVideo = (): Promise<string> =>
  spoken('legacy.avi', [...h264, '-bf', '0', '-c:a', 'libmp3lame', '-ar', '44100'])

/** The head of aviVideo and zeros after it: it looks like a film until somebody decodes it. */
export const hollowVideo = async (): Promise<string> => {
  const film = readFileSync(await aviVideo())
  film.fill(0, film.indexOf('movi') + 4)
  return buildFixture('hollow.avi', [await aviVideo()], file => writeFile(file, film), 'hollow')
}

/** 7 s of speech; Windows Media Video 8, which MediaConvert does not read. */
export const wmvVideo = (): Promise<string> =>
  spoken('legacy.wmv', ['-c:v', 'wmv2', '-b:v', '1M', '-c:a', 'wmav2', '-ar', '44100'])

/** 7 s of speech; H.264 and MP3 in Flash video, which MediaConvert does not read. */
export const flvVideo = (): Promise<string> =>
  spoken('legacy.flv', [...h264, '-c:a', 'libmp3lame', '-ar', '44100'])

/** 4 s as a browser's recorder writes it: VP8 and Opus in WebM. */
export const webmVideo = (): Promise<string> => {
  const sound = ['-f', 'lavfi', '-t', '4', '-i', 'sine=frequency=440:sample_rate=48000']
  const codecs = [
    '-c:v',
    'libvpx',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-b:v',
    '1M',
    '-c:a',
    'libopus',
  ]
  return makeFixture('recorded.webm', [], [...picture(4), ...sound, ...codecs])
}

/**
 * Five hours and half a minute as a program writes them that never comes to the end: the file does
 * not say how long it is.
 */
export const endlessVideo = (): Promise<string> => {
  const pictures = ['-f', 'lavfi', '-i', 'color=size=64x36:rate=1/10:duration=18030']
  return makeFixture('endless.mkv', [], [...pictures, ...h264, '-live', '1'])
}

/** As long as endlessVideo, but the file says of itself that it lasts ten seconds. */
export const understatedVideo = async (): Promise<string> => {
  const pictures = ['-f', 'lavfi', '-i', 'color=size=64x36:rate=1/10:duration=18030']
  const honest = await makeFixture('honest.mkv', [], [...pictures, ...h264])
  const bytes = readFileSync(honest)
  // Matroska's Duration, an 8-byte float of milliseconds.
  bytes.writeDoubleBE(10_000, bytes.indexOf(Buffer.from([0x44, 0x89, 0x88])) + 3)
  return buildFixture('understated.mkv', [honest], file => writeFile(file, bytes), 'ten seconds')
}

/**
 * A second of black, then pictures; 6 s, recorded upright by a phone: 640x360 with a rotation of 90
 * degrees.
 */
export const rotatedVideo = async (): Promise<string> => {
  const upright = await makeFixture('upright.mp4', [], [...picture(6), '-vf', 'fade=in:st=1:d=0.2', ...h264])
  return makeFixture('rotated.mp4', [upright], ['-i', upright, '-c', 'copy', '-metadata:s:v', 'rotate=90'])
}

/**
 * The video of speechVideo in a file of 101 MiB, too large for one form: an empty box follows it.
 */
export const largeVideo = async (): Promise<string> => {
  const video = readFileSync(await speechVideo())
  const sizeBytes = 101 * 1024 ** 2
  const boxHead = Buffer.alloc(8)
  boxHead.writeUInt32BE(sizeBytes - video.length)
  boxHead.write('free', 4)
  const write = async (file: string) => {
    await writeFile(file, Buffer.concat([video, boxHead]))
    await truncate(file, sizeBytes)
  }
  return buildFixture('large.mp4', [await speechVideo()], write, sizeBytes)
}
