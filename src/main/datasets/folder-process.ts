import { serveTask } from '#node/serve-task.ts'
import { taskRunner } from '../executors/task.ts'
import { folderTasks } from './folder-tasks.ts'

/**
 * Entry of the process that reads folders: `task <name> <entry of the training child>`. A folder of hundreds of thousands of videos takes seconds of
 * computing and hundreds of mebibytes, during which the studio has to answer.
 */
const [verb, name, trainingEntry] = process.argv.slice(2)
if (verb === 'task' && name !== undefined && trainingEntry !== undefined)
  process.exitCode = await serveTask(folderTasks(taskRunner({ nodePath: process.execPath, trainingEntry })), name)
else {
  process.stderr.write('Usage: task <name> <entry of the training child>\n')
  process.exitCode = 1
}
