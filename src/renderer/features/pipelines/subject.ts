import type { PipelineRequest } from '#contract/domain/pipeline.ts'

/** What a check or a measurement of a request depends on, as text that can be compared; the name is not part of it. */
export const subjectOf = (request: PipelineRequest | null): string =>
  JSON.stringify(request === null ? null : [request.dataset, request.labels, request.configuration])
