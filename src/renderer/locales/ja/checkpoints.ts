import type english from '../en/checkpoints.ts'
import type { Translation } from '../shape.ts'

export default {
  title: 'チェックポイント',
  description:
    '実行のチェックポイントとインポートしたモデル。開くと、調べる、プローブする、エクスポートすることができます。',
  import: 'モデルをインポート',
  imported: {
    title: 'インポートしたモデル',
    description: 'パイプラインの教師と初期重み',
  },
  failed: 'チェックポイントを読み込めません',
  loading: 'チェックポイントを読み込み中…',
  none: 'チェックポイントはまだありません',
  noneHelp:
    '実行は数エポックごとと最後のステップでチェックポイントを保存します。MAE、VideoMAE、MVD のモデルをインポートすることもできます。',
  newPipeline: '新しいパイプライン',
  filter: 'チェックポイントを絞り込む',
  filterExample: '絞り込み（例: stage:distillation、step > 100）',
  finalOnly: '最終のみ',
  all: 'チェックポイント {count} 個、{size}',
  some: 'チェックポイント {count} 個中 {found} 個、{size}',
  noMatch: '条件に合うチェックポイントはありません',
  clear: '絞り込みを解除',
  detail: {
    title: '{stage}、ステップ {step}',
    checkpoint: 'チェックポイント',
    final: '最終',
    savedBy: '{run} が保存',
    failed: 'チェックポイントを読み取れません',
    missing: 'チェックポイントが見つかりません',
    step: 'ステップ',
    epoch: 'エポック',
    size: 'サイズ',
    sizeHelp: '重みとオプティマイザーの状態',
    model: 'モデル',
    dataset: 'データセット',
    saved: '保存日時',
    inputs: {
      imageTeacher: '画像教師',
      videoTeacher: '動画教師',
      model: '初期重み',
    },
  },
} satisfies Translation<typeof english>
