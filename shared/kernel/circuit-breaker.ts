import type { Clock } from './clock.ts'

/**
 * Keeps calls away from a service that is down. After `failures` in a row it is open for
 * `coolDownMs`; when the service itself says how long, at once and for so long. Then calls go
 * through again: one more failure opens it anew, a success closes it.
 */
export const createCircuitBreaker = ({
  failures,
  coolDownMs,
  now,
}: {
  failures: number
  coolDownMs: number
  now: Clock
}) => {
  let inARow = 0
  let openUntil = 0
  return {
    isOpen: (): boolean => now().getTime() < openUntil,
    succeeded(): void {
      inARow = 0
    },
    failed({ retryAfterMs = 0 }: { retryAfterMs?: number } = {}): void {
      inARow += 1
      const forMs = inARow < failures ? retryAfterMs : Math.max(coolDownMs, retryAfterMs)
      openUntil = Math.max(openUntil, now().getTime() + forMs)
    },
  }
}
