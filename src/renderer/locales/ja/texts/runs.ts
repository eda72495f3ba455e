import type { ContractTexts } from '../../shape.ts'

/** What ends runs early, and help of the formats to which runs are exported. */
export default {
  'A folder with an event file for each run: every point with its time, and the hyperparameters. Values are 32-bit.':
    '実行ごとのイベントファイルを含むフォルダ。すべての点とその時刻、ハイパーパラメータ。値は 32 ビットです。',
  'points.csv with one line for each point, and runs.csv with the hyperparameters and results of each run.':
    '点ごとに 1 行の points.csv と、実行ごとのハイパーパラメータと結果の runs.csv。',
  'points.parquet and runs.parquet: the tables of CSV with typed columns, compressed.':
    'points.parquet と runs.parquet。CSV と同じ表を、型付きの列で圧縮したものです。',
  'mlflow.db, a tracking store in SQLite with an experiment for each dataset. Upgrade it with mlflow db upgrade.':
    'mlflow.db。データセットごとに実験を持つ SQLite のトラッキングストアです。mlflow db upgrade で更新できます。',
  'Stopped early at epoch {epoch} of {planned}: the {metric} has not improved by more than {least} for {patience}; best {best} at epoch {bestEpoch}.':
    '{planned} エポック中 {epoch} で早期終了: {metric} が {patience} で {least} を超えて改善していません。最良は {best}（エポック {bestEpoch}）。',
  'Stopped early at epoch {epoch} of {planned}: the {metric} has not improved for {patience}; best {best} at epoch {bestEpoch}.':
    '{planned} エポック中 {epoch} で早期終了: {metric} が {patience} で改善していません。最良は {best}（エポック {bestEpoch}）。',
  '{count} validations': '{count} 回の検証',
  '1 validation': '1 回の検証',
  'validation loss': '検証損失',
  'validation top-1': '検証 top-1',
} satisfies ContractTexts
