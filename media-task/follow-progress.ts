/**
 * Passes shares (0-1) on: at most one a second, one at a time, growing. A share that cannot be sent
 * is handed to `onWarning`, and the work goes on.
 */
export const followProgress = (o: {
  send: (share: number) => Promise<void>
  onWarning: (error: unknown) => void
  intervalMs?: number
}) => {
  let furthest = -1
  let sentAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  return {
    update: (share: number): void => {
      const due = performance.now() - sentAt >= (o.intervalMs ?? 1000)
      if (underWay || !due || share <= furthest) return
      furthest = share
      sentAt = performance.now()
      underWay = o
        .send(share)
        .catch(o.onWarning)
        .finally(() => {
          underWay = undefined
        })
    },
    /** Resolves when nothing is under way any more. */
    settle: async (): Promise<void> => underWay,
  }
}
