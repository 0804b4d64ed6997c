/** At most `count` (2 or more) of what is in order, spread over its whole length: the one that stands closest between its neighbours goes first, beginning and end stay. */
export const thinEvenly = <T>(items: readonly T[], { count, positionOf }: { count: number; positionOf: (item: T) => number }): T[] => {
  const kept = [...items]
  const room = (at: number) => positionOf(kept[at + 1]!) - positionOf(kept[at - 1]!)
  while (kept.length > count) {
    let closest = 1
    for (let at = 2; at < kept.length - 1; at++) if (room(at) < room(closest)) closest = at
    kept.splice(closest, 1)
  }
  return kept
}
