/**
 * Passes shares (0-1) on: at most one a second, one at a time, growing. `report` answers false once nobody waits for this run any more, then `onStale` is
 * called. A report that fails is handed to `onWarning`; the work goes on.
 */
export const followProgress = (o: {
  report: (share: number) => Promise<boolean>
  onStale: () => void
  onWarning: (error: unknown) => void
  intervalMs?: number
}) => {
  let furthest = -1
  let reportedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  const send = (share: number) => {
    furthest = share
    reportedAt = performance.now()
    underWay = o
      .report(share)
      .then(current => {
        if (!current) o.onStale()
      }, o.onWarning)
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }

  return {
    update: (share: number): void => {
      const due = performance.now() - reportedAt >= (o.intervalMs ?? 1000)
      if (!underWay && due && share > furthest) void send(share)
    },
    /** Reports this share for certain, after what is under way. */
    finish: async (share: number): Promise<void> => {
      await underWay
      await send(share)
    },
  }
}
