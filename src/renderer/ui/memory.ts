import { memoryPartNames, memoryPartTitles, type StageMemory } from '#contract/domain/memory.ts'
import { formatBytes } from './format.ts'

/** What takes the memory of a stage: `Process 255 MiB, Weights 120 MiB, ...`. */
export const describeMemory = ({ parts }: StageMemory): string =>
  memoryPartNames.map((part) => `${memoryPartTitles[part]} ${formatBytes(parts[part])}`).join(', ')
