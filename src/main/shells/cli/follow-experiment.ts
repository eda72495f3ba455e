import { runsOfEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { Run } from '#contract/domain/run.ts'
import { describeProblem, type ExperimentSummary } from '#contract/experiment/progress.ts'
import { phaseTitles } from '#contract/experiment/request.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { commandLine } from '#node/command-line.ts'
import { findInstallation } from '../../app/installation.ts'
import { experimentDocument } from '../../experiments/report-content.ts'
import type { Block } from '../../reports/document.ts'
import { type StudioClient, startAndFollow } from './client.ts'
import { progressOf } from './follow.ts'
import { interruptedExitCode, savingSignal } from './interrupt.ts'
import type { Common } from './options.ts'
import { show, showError, table } from './output.ts'
import { presets } from './pipelines.ts'
import { openProgress, type ProgressDisplay, type ProgressItem } from './progress.ts'

/**
 * Starts an experiment, follows it to its end and shows its outcome. Ctrl-C stops it; then the command to resume it is printed.
 * @throws StudioError with its first problem if it cannot continue
 */
export async function followToEnd(
  common: Common,
  start: (client: StudioClient) => Promise<ExperimentSummary>,
  text: (detail: ExperimentDetail) => string = experimentText,
): Promise<void> {
  const { workspace, isJson } = common
  const interruption = savingSignal()
  const detail = await startAndFollow(workspace, start, async (client, { id }) => {
    await followExperiment(client, id, openProgress(isJson), interruption)
    return await client.experiments.get({ id })
  })
  show(isJson, detail, text)
  const { id, status, problems } = detail.experiment
  if (status === 'finished') return
  const resume = commandLine(['npm', 'run', '-s', 'studio', '--', 'experiment', 'resume', id, '--workspace', workspace])
  const [problem] = problems
  if (problem !== undefined && status === 'blocked')
    throw new StudioError('run-failed', describeProblem(problem), `When the cause is removed, resume with: ${resume}`)
  if (!isJson) process.stderr.write(`Resume with: ${resume}\n`)
  process.exitCode = interruptedExitCode
}

/** Waits until nothing of an experiment computes or will. */
export async function followExperiment(
  client: StudioClient,
  id: string,
  display: ProgressDisplay,
  interruption: AbortSignal,
): Promise<void> {
  const stop = () => void client.experiments.stop({ id }).catch((cause: unknown) => showError(false, cause))
  if (interruption.aborted) stop()
  else interruption.addEventListener('abort', stop, { once: true })
  const running = new Map<string, Run>()
  const ended = new AbortController()
  let summary: ExperimentSummary | undefined
  const draw = () => {
    if (summary !== undefined) display.update([...phaseItems(summary), ...runItems([...running.values()])])
  }
  const watchRuns = async () => {
    for await (const event of await client.runs.watch({}, { signal: ended.signal })) {
      for (const run of runsOfEvent(event)) {
        if (run.status === 'running' && run.pipelineId.startsWith(`${id}-`)) running.set(run.id, run)
        else running.delete(run.id)
      }
      draw()
    }
  }
  const watchingRuns = watchRuns()
  try {
    for await (const event of await client.experiments.watch({})) {
      const changed = event.type === 'snapshot' ? event.experiments : event.type === 'changed' ? [event.experiment] : []
      const found = changed.find((experiment) => experiment.id === id)
      if (found === undefined) continue
      summary = found
      draw()
      if (found.status !== 'running') break
    }
  } finally {
    ended.abort()
    await watchingRuns
    interruption.removeEventListener('abort', stop)
    display.close()
  }
}

const phaseItems = ({ phases }: ExperimentSummary): ProgressItem[] =>
  phases.map(({ phase, total, finished, running, ended }) => ({
    id: phase,
    title: phaseTitles[phase],
    done: finished,
    total,
    detail: [
      ...(running === 0 ? [] : [`${running} running`]),
      ...(ended === 0 ? [] : [`${ended} ended without finishing`]),
      ...(finished === total ? ['done'] : []),
    ].join(' · '),
    isMoving: false,
  }))

/** Runs that compute now, each in the line of its slot. */
const runItems = (runs: readonly Run[]): ProgressItem[] =>
  runs.map((run, index) => {
    const item = progressOf(run, 'Now')
    return { ...item, id: `slot ${index}`, detail: [run.id, item.detail].filter((part) => part !== '').join(' · ') }
  })

/** One line: `desk: running, 31 of 87 runs, 12 min 3 s computed.` */
export function summaryText({ id, status, phases, problems, durationMs }: ExperimentSummary): string {
  const runs = phases.filter(({ phase }) => phase !== 'probes')
  const [finished, total] = [
    runs.reduce((sum, phase) => sum + phase.finished, 0),
    runs.reduce((sum, phase) => sum + phase.total, 0),
  ]
  return [
    `${id}: ${status}, ${finished} of ${formatQuantity(total, 'run')} finished, ${formatDuration(durationMs)} computed.`,
    ...problems.map(describeProblem),
  ].join('\n')
}

/** The report on an experiment as text for a terminal. */
export function experimentText(detail: ExperimentDetail): string {
  const { title, subtitle, blocks } = experimentDocument(detail, {
    title: undefined,
    presets: presets(),
    version: findInstallation().version,
    madeAt: new Date(),
  })
  return [title, subtitle, ...blocks.flatMap(blockText)].join('\n')
}

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return ['', block.text]
    case 'paragraph':
    case 'code':
      return [block.text]
    case 'list':
      return block.items.map((item) => `- ${item}`)
    case 'table':
      return [block.caption, table(block.head, block.rows, block.numeric)]
    case 'figure':
      return []
  }
}

/** `<prefix>-1`, or the first number that no experiment has. */
export async function freeName(client: StudioClient, prefix: string): Promise<string> {
  const taken = new Set((await client.experiments.list({})).map(({ id }) => id))
  for (let number = 1; ; number++) if (!taken.has(`${prefix}-${number}`)) return `${prefix}-${number}`
}
