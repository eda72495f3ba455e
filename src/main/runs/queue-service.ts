import type { AsyncIteratorClass } from '@orpc/server'
import type { QueueMove, QueueReason, QueueState, RunPriority } from '#contract/domain/queue.ts'
import type { Executor } from '../executors/executor.ts'
import { slotsOf } from '../scheduler/slots.ts'
import type { Settings } from '../settings/service.ts'
import { openStream } from '../streams/stream.ts'
import type { RunLedger } from './ledger.ts'
import type { Supervisor } from './supervisor.ts'

interface QueueServiceOptions {
  readonly ledger: RunLedger
  readonly supervisor: Supervisor
  readonly executor: Pick<Executor, 'describe'>
  readonly settings: Settings
  /** Row of a run; throws `not-found`. */
  readonly row: (id: string) => ReturnType<RunLedger['row']>
}

const watchIntervalMs = 100
/** Behind all slots with a number. */
const unknownSlot = Number.MAX_SAFE_INTEGER

/** The queue as the window and the command line see it. */
export class QueueService {
  readonly #options: QueueServiceOptions

  constructor(options: QueueServiceOptions) {
    this.#options = options
  }

  get(): QueueState {
    const { ledger, supervisor, executor, settings } = this.#options
    const { runs } = ledger.tables
    const machine = executor.describe()
    const now = slotsOf(machine, settings.get().scheduler.slots)
    const reasonOf = ({
      id,
      isHeld,
      inputs,
    }: {
      id: string
      isHeld: boolean
      inputs: readonly string[]
    }): QueueReason => {
      if (isHeld) return { kind: 'held' }
      const missing = inputs.filter((input) => runs.statusOf(input) !== 'finished')
      if (missing.length > 0) return { kind: 'inputs', runIds: missing }
      const message = supervisor.cardWaits.reasonOf(id)
      return message === undefined ? { kind: 'slot' } : { kind: 'cards', message }
    }
    const computing = supervisor.computing()
    return {
      processors: machine.processors,
      slots: now.length,
      threads: now[0]?.processors ?? machine.processors,
      computing: computing.toSorted((a, b) => (a.slot ?? unknownSlot) - (b.slot ?? unknownSlot)),
      queued: supervisor.queue
        .list()
        .filter(({ id }) => !computing.some(({ runId }) => runId === id))
        .map((run) => ({ runId: run.id, priority: run.priority, reason: reasonOf(run) })),
    }
  }

  /** The queue, and again when it has changed. */
  watch(signal?: AbortSignal): AsyncIteratorClass<QueueState> {
    const { supervisor, settings } = this.#options
    return openStream<QueueState>(signal, watchIntervalMs, (control) => {
      let last = ''
      const undo = [
        supervisor.changes.subscribe(() => control.wake()),
        settings.changes.subscribe(() => control.wake()),
      ]
      control.wake()
      const take = (): QueueState[] => {
        const state = this.get()
        const text = JSON.stringify(state)
        if (text === last) return []
        last = text
        return [state]
      }
      return { take, close: () => undo.forEach((dispose) => dispose()) }
    })
  }

  move(move: QueueMove): QueueState {
    this.#require([...move.ids, ...(move.before === null ? [] : [move.before])])
    this.#options.supervisor.queue.move(move)
    return this.get()
  }

  hold(ids: readonly string[]): QueueState {
    this.#options.supervisor.queue.hold(this.#require(ids))
    return this.get()
  }

  release(ids: readonly string[]): QueueState {
    this.#options.supervisor.queue.release(this.#require(ids))
    return this.get()
  }

  prioritize(ids: readonly string[], priority: RunPriority): QueueState {
    this.#require(ids)
    this.#options.supervisor.queue.prioritize(ids, priority)
    return this.get()
  }

  #require(ids: readonly string[]) {
    return ids.map((id) => this.#options.row(id))
  }
}
