import { Option, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type EngineName, engineNames } from '#contract/domain/engine.ts'
import type { ReferenceResult, ReferenceWorst } from '#contract/domain/reference.ts'
import { findInstallation } from '../../app/installation.ts'
import { taskRunner } from '../../executors/task.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

export function addReferenceVerb(program: Command): void {
  program
    .command('reference')
    .description('compare the studio with recorded numbers of the published implementations; fails if they differ')
    .argument('<dir>', 'folder with the recorded cases, at any depth', givenPath)
    .addOption(
      new Option('--engine <name>', 'compute only on this engine (default: every engine that is installed)').choices(
        engineNames,
      ),
    )
    .action(async (directory: string, { engine }: { engine?: EngineName }, command: Command) => {
      const { isJson } = commonOf(command)
      const results = await compare(directory, engine ?? null, isJson)
      const failed = results.filter(({ passed }) => !passed)
      show(isJson, { passed: failed.length === 0, results }, () => referenceText(results))
      if (failed.length > 0)
        throw new StudioError(
          'reference-differs',
          `${failed.length} of ${results.length} comparisons failed: ${someOf(failed.map(titleOf))}.`,
          'Each result names the tensor that differs most, or why it could not be compared.',
        )
    })
}

async function compare(directory: string, engine: EngineName | null, isJson: boolean): Promise<ReferenceResult[]> {
  const display = openProgress(isJson)
  try {
    const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
    const { results } = await run(
      'reference',
      { directory, engine },
      {
        signal: interruptSignal(),
        onProgress: ({ done, total, result }) =>
          display.update([
            { id: 'reference', title: 'Comparing', done, total, detail: titleOf(result), isMoving: done < total },
          ]),
      },
    )
    return results
  } finally {
    display.close()
  }
}

/** A row per compared quantity of a case on an engine, then the reasons why cases could not be compared. */
export function referenceText(results: readonly ReferenceResult[]): string {
  const rows = results.flatMap(({ name, engine, worst, passed }) => {
    const lead = [name, engine ?? '–']
    return worst.length === 0
      ? [[...lead, '', '', '', '', verdict(passed)]]
      : worst.map((entry) => [
          ...lead,
          entry.measure,
          formatError(entry),
          formatTolerance(entry.tolerance),
          entry.tensor,
          verdict(entry.passed),
        ])
  })
  const problems = results.flatMap((result) =>
    result.problem === null ? [] : [`${titleOf(result)}: ${result.problem}`],
  )
  const passed = results.filter((result) => result.passed).length
  return [
    table(['Case', 'Engine', 'Compared', 'Worst error', 'Tolerance', 'Tensor', 'Result'], rows, [3, 4]),
    ...problems,
    `${passed} of ${results.length} passed.`,
  ].join('\n')
}

const someOf = (titles: readonly string[]): string =>
  titles.length > 5 ? `${titles.slice(0, 5).join(', ')} and ${titles.length - 5} more` : titles.join(', ')
const titleOf = ({ name, engine }: ReferenceResult): string => (engine === null ? name : `${name} on ${engine}`)
const verdict = (passed: boolean): string => (passed ? 'passed' : 'failed')
const formatError = ({ error }: ReferenceWorst): string =>
  error === null ? 'no number' : error === 0 ? '0' : error.toExponential(1)
const formatTolerance = (tolerance: number): string => (tolerance === 0 ? '0' : tolerance.toExponential(0))
