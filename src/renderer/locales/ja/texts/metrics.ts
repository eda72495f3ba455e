import type { ContractTexts } from '../../shape.ts'

/** Labels and units of the metrics in `contract/domain/metric.ts`. */
export default {
  'Training loss': '訓練損失',
  'Loss against the image teacher': '画像教師に対する損失',
  'Loss against the video teacher': '動画教師に対する損失',
  'Training top-1': '訓練 top-1',
  'Validation loss': '検証損失',
  'Validation top-1': '検証 top-1',
  'Test top-1': 'テスト top-1',
  'Test top-5': 'テスト top-5',
  'Learning rate': '学習率',
  'Gradient norm': '勾配ノルム',
  'Loss scale': '損失スケール',
  Throughput: 'スループット',
  'Waiting for data': 'データ待ち',
  'Resident memory': '常駐メモリ',
  'Peak memory': 'ピークメモリ',
  Processor: 'プロセッサー',
  'Memory of the decoders': 'デコーダーのメモリ',
  'Free disk space': 'ディスクの空き容量',
  'Card utilization': 'カードの使用率',
  'Card memory': 'カードのメモリ',
  Epoch: 'エポック',
  'clips/s': 'クリップ/秒',
  epochs: 'エポック',
} satisfies ContractTexts
