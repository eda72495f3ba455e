/** What a download reports to the process that started the installer. */
export interface Download {
  doneBytes: number
  totalBytes: number
}

// Loaded into Electron's installer by `--import`: reports each hundredth of a download, because the installer's own bar
// appears after half a minute only.
const fetchDirectly = globalThis.fetch

globalThis.fetch = async (...request: Parameters<typeof fetch>) => {
  const response = await fetchDirectly(...request).catch(throwReason)
  const totalBytes = Number(response.headers.get('content-length') ?? Number.NaN)
  if (response.body === null || !response.ok || !(totalBytes > 0)) return response
  let doneBytes = 0
  let reportedBytes = Number.NEGATIVE_INFINITY
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      doneBytes += chunk.byteLength
      if (doneBytes === totalBytes || doneBytes - reportedBytes >= totalBytes / 100) {
        reportedBytes = doneBytes
        process.send?.({ doneBytes, totalBytes } satisfies Download)
      }
      controller.enqueue(chunk)
    },
  })
  return new Response(response.body.pipeThrough(counted), response)
}

/** fetch hides why it failed in the cause, which the installer does not print. */
function throwReason(failure: unknown): never {
  const cause = failure instanceof Error ? failure.cause : undefined
  const reason = cause instanceof AggregateError ? cause.errors[0] : cause
  throw reason instanceof Error ? reason : failure
}
