import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** What the studio asks of the worker: to copy the log of the database into it, or to end. */
export type LogRequest = 'checkpoint' | 'close'

const database = new Database(String(workerData), { timeout: 0 })
parentPort?.on('message', (request: LogRequest) => {
  if (request === 'checkpoint') {
    // Waits for nobody: what a reader or a writer still needs is copied the next time.
    database.pragma('wal_checkpoint(PASSIVE)')
    parentPort?.postMessage('done', [])
    return
  }
  database.close()
  parentPort?.close()
})
