import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AlertRule, alertRulesFile, type AlertState, alertStateFile } from '#contract/domain/alert.ts'
import { alertFiles, formatVersions } from '#contract/layout.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { readJsonIfPresent, toJson } from '#node/json-file.ts'

/** Events that are remembered. More than a workspace has at a time. */
const rememberedEvents = 5000
const version = formatVersions.alerts

/** The files in `alerts/`, which only the owner may read: addresses of webhooks are secrets. */
export class AlertStore {
  readonly #folder: string
  #rules: AlertRule[] = []
  #state: AlertState = { version, handled: [], pending: [], lowDisks: [] }
  #handled = new Set<string>()

  /** A file that cannot be read is reported and left as it is: no rule is lost because of a damaged state. */
  constructor(folder: string, onProblem: (error: unknown) => void) {
    this.#folder = folder
    const read = (load: () => void) => {
      try {
        load()
      } catch (cause) {
        onProblem(cause)
      }
    }
    read(() => (this.#rules = readJsonIfPresent(join(folder, alertFiles.rules), alertRulesFile)?.rules ?? []))
    read(() => (this.#state = readJsonIfPresent(join(folder, alertFiles.state), alertStateFile) ?? this.#state))
    this.#handled = new Set(this.#state.handled)
  }

  rules(): readonly AlertRule[] {
    return this.#rules
  }

  setRules(rules: AlertRule[]): void {
    this.#write(alertFiles.rules, { version, rules })
    this.#rules = rules
  }

  isHandled(key: string): boolean {
    return this.#handled.has(key)
  }

  pending(): AlertState['pending'] {
    return this.#state.pending
  }

  isLow(rule: string): boolean {
    return this.#state.lowDisks.includes(rule)
  }

  /** Changes the state in one write. @throws Error if it cannot be written; it is changed in memory nevertheless */
  change(change: (state: AlertState) => AlertState): void {
    const next = change(this.#state)
    const state = { ...next, handled: next.handled.slice(-rememberedEvents) }
    this.#state = state
    this.#handled = new Set(state.handled)
    this.#write(alertFiles.state, state)
  }

  #write(name: string, document: unknown): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    if (process.platform !== 'win32') chmodSync(this.#folder, 0o700)
    writeAtomically(join(this.#folder, name), `${toJson(document, 2)}\n`, { mode: 0o600 })
  }
}
