import type { VideoEvent } from './hub-client.ts'

/** How long each stage was on show, in the order in which they came. */
export const stageTimes = (events: readonly VideoEvent[]): { stage: string; seconds: number }[] => {
  const times: { stage: string; seconds: number }[] = []
  for (const [index, { at, payload }] of events.entries()) {
    const next = events[index + 1]
    if (!next || !payload.stage) continue
    const seconds = (Date.parse(next.at) - Date.parse(at)) / 1000
    const same = times.find(({ stage }) => stage === payload.stage)
    if (same) same.seconds += seconds
    else times.push({ stage: payload.stage, seconds })
  }
  return times
}
