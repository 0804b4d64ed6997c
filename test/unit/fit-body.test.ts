import { expect, test } from 'vitest'
import * as z from 'zod'
import { AISummary } from '../../shared/contract/summaries.ts'
import { Video, VideoMetadata } from '../../shared/contract/videos.ts'
import { fitBody } from '../../shared/lambda/http/fit-body.ts'

const mend = (schema: z.ZodType, body: unknown) => {
  const mended: string[] = []
  return { body: fitBody(schema, body, paths => mended.push(...paths)), mended }
}

test('A bit rate of 1e300, which a file has claimed, costs its field and not the answer', () => {
  const answer = mend(z.object({ video: z.object({ metadata: VideoMetadata }) }), {
    video: {
      metadata: { container: 'flv', bitrate: 1e300, frameRate: Number.NaN, width: -5, hasAudio: true },
    },
  })
  expect(answer.body).toEqual({ video: { metadata: { container: 'flv', hasAudio: true } } })
  expect(answer.mended.sort()).toEqual(
    ['bitrate', 'frameRate', 'width'].map(name => `video.metadata.${name}`),
  )
})

test('A value that is needed becomes null or empty', () => {
  const row = { duration: 0.5, title: 7, status: 'processed' }
  const schema = Video.pick({ duration: true, title: true, status: true })
  expect(mend(schema, row).body).toEqual({ duration: null, title: '', status: 'processed' })
})

test('An entry of a list that does not fit is left out, the others stay', () => {
  const timestamps = [{ time: '00:01', content: 'a' }, 'b', { time: '00:02', content: 'c' }, 5]
  expect(mend(AISummary.pick({ timestamps: true }), { timestamps }).body).toEqual({
    timestamps: [timestamps[0], timestamps[2]],
  })
})

test('An answer that cannot be mended is a fault', () => {
  expect(() => mend(z.object({ kind: z.literal('post') }), { kind: 'other' })).toThrow()
})
