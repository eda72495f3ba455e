import { type Checkpoint, type CheckpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'

/** The checkpoint as listed. */
export function describeCheckpoint(
  card: CheckpointCard,
  run: { pipeline_id: string; dataset: string },
  isFinal: boolean,
): Checkpoint {
  return {
    id: checkpointId(card.runId, card.step),
    runId: card.runId,
    pipelineId: run.pipeline_id,
    stage: card.task.stage,
    dataset: run.dataset,
    step: card.step,
    epoch: card.epoch,
    createdAt: card.createdAt,
    sizeBytes: card.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    metrics: card.metrics,
    inputs: card.inputs,
    model: modelOfCard(card),
    licenceNotes: card.licenceNotes,
    isFinal,
  }
}
