type Closeable = { close(): Promise<unknown> | unknown }

/** Things that were opened one after another, possibly at the same time, and are closed in reverse; opening that fails half-way leaves nothing open. */
export const createScope = () => {
  const opened: Promise<Closeable | undefined>[] = []
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    for (const opening of opened.toReversed()) {
      const thing = await opening.catch(() => undefined)
      await thing?.close()
    }
  }
  return {
    open: <T extends Closeable | undefined>(opening: Promise<T> | T): Promise<T> => {
      const promise = Promise.resolve(opening)
      if (closing) promise.then(thing => thing?.close()).catch(() => {})
      else opened.push(promise)
      return promise
    },
    close: (): Promise<void> => {
      closing ??= closeAll()
      return closing
    },
  }
}

export type OpenScope = ReturnType<typeof createScope>
