type Closeable = { close(): Promise<unknown> | unknown }

/**
 * Collects servers as they open. Closing ends them in reverse, those too that are still opening.
 */
export const createScope = () => {
  const opened = new AsyncDisposableStack()
  const opening = new Set<Promise<unknown>>()
  return {
    open: <T extends Closeable | undefined>(start: Promise<T> | T): Promise<T> => {
      const adopted = Promise.resolve(start).then(async thing => {
        // One that began to open while the others were being closed.
        if (opened.disposed) await thing?.close()
        else opened.defer(async () => void (await thing?.close()))
        return thing
      })
      opening.add(adopted)
      return adopted
    },
    close: async (): Promise<void> => {
      await Promise.allSettled(opening)
      await opened.disposeAsync()
    },
  }
}

export type OpenScope = ReturnType<typeof createScope>
