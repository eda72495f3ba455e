import type { AsyncIteratorClass } from '@orpc/server'
import type { ProbeEvent } from '#contract/api/contract.ts'
import { sameExclusions } from '#contract/domain/exclusions.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { probeRequest, type ProbeRecord, type ProbeRequest } from '#contract/domain/probe.ts'
import { type ExperimentProbe, probesOf } from '#contract/experiment/plan.ts'
import type { ExperimentFile } from '#contract/experiment/request.ts'

export interface ProbingOptions {
  readonly probes: {
    list(): ProbeRecord[]
    run(request: ProbeRequest, signal?: AbortSignal): AsyncIteratorClass<ProbeEvent>
  }
  /** Probes of an experiment began, ended, or one of them has a result. */
  readonly onChange: (experimentId: string) => void
  /** A probe has no result. */
  readonly onRefusal: (experimentId: string, name: string, cause: unknown) => void
}

/** A planned probe with its result. */
export interface ProbedStart {
  readonly probe: ExperimentProbe
  readonly record: ProbeRecord
}

/** Probes the starts of experiments, one probe at a time. */
export class ExperimentProbing {
  readonly #options: ProbingOptions
  #current: { readonly id: string; readonly abort: AbortController; readonly done: Promise<void> } | undefined

  constructor(options: ProbingOptions) {
    this.#options = options
  }

  isRunning(experimentId: string): boolean {
    return this.#current?.id === experimentId
  }

  /** The newest probe of each start, seed and label set on the dataset of the launch. */
  found({ request, datasetDigest, exclusions }: ExperimentFile): ProbedStart[] {
    const wanted = probesOf(request)
    if (wanted.length === 0) return []
    const records = this.#options.probes.list()
    return wanted.flatMap((probe) => {
      const record = records.find(({ model, dataset }) => {
        const parsed = parseRef(model)
        return (
          parsed.kind === 'checkpoint' &&
          parsed.runId === probe.runId &&
          dataset.name === request.dataset &&
          dataset.labels === probe.labels &&
          dataset.digest === datasetDigest &&
          sameExclusions(dataset.exclusions, exclusions)
        )
      })
      return record === undefined ? [] : [{ probe, record }]
    })
  }

  /**
   * Computes the probes of an experiment that are missing, except those that were refused. No operation while probes of any experiment run.
   * @param isRefused whether the probe of this name has failed before
   * @returns a promise of their end; undefined if there is nothing to do
   */
  start(file: ExperimentFile, isRefused: (name: string) => boolean): Promise<void> | undefined {
    if (this.#current !== undefined) return undefined
    const done = new Set(this.found(file).map(({ probe }) => nameOf(probe)))
    const missing = probesOf(file.request).filter((probe) => !done.has(nameOf(probe)) && !isRefused(nameOf(probe)))
    if (missing.length === 0) return undefined
    const abort = new AbortController()
    const ended = this.#run(file, missing, abort.signal).finally(() => {
      this.#current = undefined
      this.#options.onChange(file.id)
    })
    this.#current = { id: file.id, abort, done: ended }
    this.#options.onChange(file.id)
    return ended
  }

  /** Ends the probes of an experiment, or all; a probe in progress is discarded. */
  async stop(experimentId?: string): Promise<void> {
    if (this.#current === undefined || (experimentId !== undefined && !this.isRunning(experimentId))) return
    this.#current.abort.abort()
    await this.#current.done
  }

  async #run({ id, request }: ExperimentFile, missing: readonly ExperimentProbe[], signal: AbortSignal): Promise<void> {
    const { dataset } = request
    for (const probe of missing) {
      if (signal.aborted) return
      try {
        const asked = probeRequest.parse({ model: probe.runId, dataset, labels: probe.labels })
        for await (const event of this.#options.probes.run(asked, signal))
          if (event.type === 'done') this.#options.onChange(id)
      } catch (cause) {
        if (signal.aborted) return
        this.#options.onRefusal(id, nameOf(probe), cause)
      }
    }
  }
}

const nameOf = ({ start, seed, labels }: ExperimentProbe): string => `The probe of ${start}, seed ${seed}, on ${labels}`
