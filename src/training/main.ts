import { toStudioError } from '#contract/api/errors.ts'
import { serveTask } from '#node/serve-task.ts'
import { trainingTasks } from './tasks/training-tasks.ts'

/** Entry of the training child: `run <folder>` computes one stage, `task <name>` does a short job. */
const [verb, argument] = process.argv.slice(2)
try {
  if (verb === 'run' && argument !== undefined) {
    // Not for tasks, which take less time than its modules take to load.
    const { runStage } = await import('./run/attempt.ts')
    const { exitCode, isHanging } = await runStage(argument)
    process.exitCode = exitCode
    // An exit would wait for a thread that reads a file which never answers. Everything is recorded.
    if (isHanging) process.kill(process.pid, 'SIGKILL')
  } else if (verb === 'task' && argument !== undefined) process.exitCode = await serveTask(trainingTasks, argument)
  else throw new Error('Usage: run <run folder> | task <name>')
} catch (cause) {
  process.stderr.write(`${toStudioError(cause).stack}\n`)
  process.exitCode = 1
}
