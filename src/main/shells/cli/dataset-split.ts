import { type Command, Option } from 'commander'
import { drawnSplitSetName, drawnSplitSets } from '#contract/domain/dataset.ts'
import type { DrawnAgain } from '#contract/domain/drawn-split-set.ts'
import { defaultDrawing, describeDrawing } from '#contract/domain/split-drawing.ts'
import { withStudio } from './client.ts'
import { addDrawingOptions, drawingOf, type DrawingOptions } from './drawing-options.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

/** Adds the verb that draws the splits of a dataset again. */
export function addDatasetSplitVerb(dataset: Command): void {
  addDrawingOptions(
    dataset
      .command('split')
      .description('draw the splits of a dataset again, as a further split set that general.splitSet chooses')
      .argument('<name>')
      .addOption(
        new Option('--as <name>', 'name of the split set (default: the next free one)').choices(drawnSplitSets),
      ),
  ).action(async (name: string, { as, ...options }: DrawingOptions & { as?: string }, command: Command) => {
    const { workspace, isJson } = commonOf(command)
    const drawn = await withStudio(workspace, (client) =>
      client.datasets.split({
        name,
        drawing: drawingOf(options) ?? defaultDrawing,
        as: drawnSplitSetName.optional().parse(as),
      }),
    )
    show(isJson, drawn, splitText)
  })
}

const splitText = ({ name, drawing, balance }: DrawnAgain): string =>
  [
    describeDrawing(drawing),
    table(
      ['Label set', 'Class', 'Training', 'Validation', 'Test'],
      balance.map(({ labelSet, label, train, validation, test }) => [labelSet, label ?? '–', train, validation, test]),
      [2, 3, 4],
    ),
    `Use it with general.splitSet=${name}.`,
  ].join('\n')
