import { parentPort } from 'node:worker_threads'
import { StudioError } from '#contract/api/errors.ts'
import { explainError } from '#training/engine/run/onnx/explain-error.ts'

/** A compute worker whose card is lost while it runs a graph. */
parentPort?.on('message', ({ id, request }) => {
  const lost = explainError(request.program, new Error('CUDA failure 719: unspecified launch failure ; GPU=1'))
  const answer = request.kind === 'run' && lost instanceof StudioError ? { error: lost.report() } : { reply: {} }
  parentPort?.postMessage({ id, ...answer }, [])
  if (request.kind === 'end') parentPort?.close()
})
