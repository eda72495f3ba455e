import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'
import { RunExports } from '#main/interop/service.ts'
import { describeRun } from '#main/runs/row.ts'
import { readLines } from '#main/runs/tail.ts'
import { curveOf, metricNames, openBenchWorkspace, type WorkspaceSize } from '../screen/workspace.ts'

/** Fills a workspace with finished runs whose events are complete, exports them for TensorBoard, and returns their ids. */
export async function makeRuns(
  folder: string,
  logs: string,
  { runs, metrics, points }: WorkspaceSize,
): Promise<string[]> {
  const { tables, ledger, addRun, close } = openBenchWorkspace(folder)
  try {
    const ids = Array.from({ length: runs }, (_, index) => {
      const id = addRun(index, points)
      const { created_at: createdAt } = ledger.row(id)
      const names = metricNames(metrics)
      const curves = names.map((name, position) => curveOf(name, index * metrics + position, points))
      const at = (step: number) => new Date(Date.parse(createdAt) + step * 100).toISOString()
      const events: RunEvent[] = Array.from({ length: points }, (_, step) => ({
        type: 'metrics',
        at: at(step + 1),
        step: step + 1,
        values: Object.fromEntries(names.map((name, position) => [name, curves[position]?.values[step] ?? 0])),
      }))
      const end: RunEvent = { type: 'ended', at: at(points), status: 'finished', step: points, error: null }
      const file = join(ledger.folder(id), runFiles.events)
      writeFileSync(file, [...events, end].map((event) => `${JSON.stringify(event)}\n`).join(''), { flag: 'a' })
      for (;;) {
        const lines = readLines(file, ledger.row(id).event_cursor)
        if (lines.length === 0) break
        ledger.apply(id, lines)
      }
      tables.runs.setStatus(id, 'finished', null)
      return id
    })
    const exports = new RunExports(
      (id) => {
        const row = ledger.row(id)
        const pipeline = tables.pipelines.get(row.pipeline_id)
        if (pipeline === undefined) throw new Error(`There is no pipeline ${row.pipeline_id}.`)
        return { run: describe(row), pipeline, events: join(ledger.folder(id), runFiles.events) }
      },
      () => null,
    )
    await exports.export({ ids, format: 'tensorboard', to: logs, force: false })
    return ids
  } finally {
    close()
  }

  function describe(row: ReturnType<typeof ledger.row>) {
    return describeRun(row, {
      summaries: tables.metrics.summaries(row.key),
      checkpointCount: 0,
      waitsFor: [],
      waitsForCards: undefined,
      processWaits: undefined,
      saved: undefined,
      sinceEventMs: 0,
      stalledMs: undefined,
    })
  }
}
