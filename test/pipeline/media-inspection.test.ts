import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildLayer } from '../../layers/media-tools/build.ts'
import { createRangedReader } from '../../shared/aws/ranged-reader.ts'
import { needsNormalising } from '../../shared/domain/media/accepted-by-mediaconvert.ts'
import { inspectContainer } from '../../shared/domain/media/inspect-container.ts'
import { readMediaInfo } from '../../shared/domain/media/media-info.ts'
import { type ServedFiles, serveFiles } from '../support/engines.ts'
import * as fixtures from '../support/fixtures.ts'

describe('inspecting a file in the bucket', () => {
  let layer: string
  let files: ServedFiles
  beforeAll(async () => {
    layer = await mkdtemp(join(tmpdir(), 'media-tools-'))
    await buildLayer(layer)
    files = await serveFiles()
  })
  afterAll(async () => {
    await files.close()
    await rm(layer, { recursive: true })
  })

  const readerOf = async (file: string, eTag?: string) => {
    const key = 'inspected'
    await files.put(key, file)
    const { size: sizeBytes } = await stat(file)
    return createRangedReader({
      client: files.client,
      bucket: 'media',
      key,
      sizeBytes,
      ...(eTag && { eTag }),
    })
  }

  const inspect = async (file: string) => {
    const reader = await readerOf(file)
    const facts = inspectContainer(await readMediaInfo(reader, layer))
    return { facts, requests: reader.requests(), normalise: !facts || needsNormalising(facts) }
  }

  test.each([
    [
      'the talking MP4',
      fixtures.talkingVideo,
      { container: 'mp4', videoCodec: 'h264', audioCodec: 'aac', width: 1280, height: 720 },
      false,
    ],
    ['an upright MP4', fixtures.rotatedVideo, { width: 360, height: 640, hasAudio: false }, false],
    [
      'a Matroska file',
      () => fixtures.videoWithSubtitles('mkv'),
      { container: 'mkv', videoCodec: 'h264', audioCodec: 'aac' },
      false,
    ],
    [
      'a camera video in 4:4:4',
      async () => fixtures.cameraVideo(),
      { videoCodec: 'h264', audioCodec: 'mp3', chroma: '4:4:4' },
      true,
    ],
  ] as const)('finds the facts of %s with few requests', async (_, fixture, expected, normalised) => {
    const { facts, requests, normalise } = await inspect(await fixture())
    expect(facts).toMatchObject(expected)
    expect(normalise).toBe(normalised)
    expect(requests).toBeLessThanOrEqual(4)
  })

  test.each([
    ['an AVI file', fixtures.aviVideo],
    ['a WMV file', fixtures.wmvVideo],
    ['a Flash file', fixtures.flvVideo],
    ['a web page', fixtures.notAVideo],
  ])('leaves %s to the judge', async (_, fixture) => {
    expect((await inspect(await fixture())).facts).toBeUndefined()
  })

  test('fails, instead of mixing two files, when the object was replaced meanwhile', async () => {
    const reader = await readerOf(await fixtures.silentVideo(), '"another"')
    await expect(readMediaInfo(reader, layer)).rejects.toMatchObject({ name: 'PreconditionFailed' })
  })
})
