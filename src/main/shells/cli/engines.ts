import type { Command } from 'commander'
import { engineNames, type EngineVerdict } from '#contract/domain/engine.ts'
import { findInstallation } from '../../app/installation.ts'
import { taskRunner } from '../../executors/task.ts'
import { formatStepDuration } from './format.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

export function addEnginesVerb(program: Command): void {
  program
    .command('engines')
    .description(
      'ways to compute on this machine: which are present, which is the fastest, and how to install those that are missing',
    )
    .option('--again', 'try all of them anew, though nothing of this machine has changed')
    .action(async ({ again = false }: { again?: boolean }, command: Command) => {
      const { isJson } = commonOf(command)
      show(isJson, await survey(again, isJson), enginesText)
    })
}

async function survey(again: boolean, isJson: boolean): Promise<EngineVerdict[]> {
  const display = openProgress(isJson)
  let done = 0
  try {
    const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
    const { engines } = await run(
      'engines',
      { names: [...engineNames], again },
      {
        signal: interruptSignal(),
        onProgress: ({ trying }) =>
          display.update([
            {
              id: 'engines',
              title: 'Trying engines',
              done: done++,
              total: engineNames.length,
              detail: trying,
              isMoving: false,
            },
          ]),
      },
    )
    return engines
  } finally {
    display.close()
  }
}

/** A table of all engines, what `auto` takes, and of each that does not work the reason and what can be done. */
export function enginesText(engines: readonly EngineVerdict[]): string {
  const rows = engines.map(({ name, isPresent, device, selfTest, secondsPerStep, isChosen }) => [
    isChosen ? `${name} *` : name,
    isPresent ? 'yes' : 'no',
    device,
    selfTest === null ? '' : selfTest.passed ? 'passed' : 'failed',
    secondsPerStep === null ? (selfTest?.passed === true ? 'too slow' : '') : formatStepDuration(secondsPerStep),
  ])
  const chosen = engines.find(({ isChosen }) => isChosen)
  const choice =
    chosen === undefined
      ? 'auto finds no engine that works here.'
      : `* ${chosen.verdict} ${chosen.selfTest?.sentence ?? ''}`
  const problems = engines.flatMap((engine) =>
    problemOf(engine).map((line, index) => `${(index === 0 ? engine.name : '').padEnd(nameWidth)} ${line}`),
  )
  const triedAt = engines
    .map((engine) => engine.triedAt)
    .toSorted()
    .at(-1)
  const note =
    triedAt === undefined
      ? []
      : [
          `Tried on ${triedAt.slice(0, 16).replace('T', ' at ')} UTC; a step is one of a small transformer. Try them again with --again.`,
        ]
  return [
    table(['Engine', 'Present', 'Device', 'Self-test', 'Step'], rows, [4]),
    choice,
    ...(problems.length === 0 ? [] : ['', ...problems]),
    '',
    ...note,
  ].join('\n')
}

const nameWidth = Math.max(...engineNames.map((name) => name.length))

/** Why an engine cannot be used, and the command that may help. */
function problemOf({ isPresent, reason, selfTest, install }: EngineVerdict): string[] {
  if (isPresent && selfTest?.passed === true) return []
  const why = isPresent ? (selfTest?.sentence ?? reason) : reason
  return install === '' ? [why] : [why, install]
}
