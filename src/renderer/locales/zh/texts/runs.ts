import type { ContractTexts } from '../../shape.ts'

/** What ends runs early, and help of the formats to which runs are exported. */
export default {
  'A folder with an event file for each run: every point with its time, and the hyperparameters. Values are 32-bit.':
    '包含每个运行的事件文件的文件夹：每个数据点及其时间，以及超参数。数值为 32 位。',
  'points.csv with one line for each point, and runs.csv with the hyperparameters and results of each run.':
    'points.csv 每个数据点一行，runs.csv 包含每个运行的超参数和结果。',
  'points.parquet and runs.parquet: the tables of CSV with typed columns, compressed.':
    'points.parquet 和 runs.parquet：与 CSV 相同的表，列带类型并压缩。',
  'mlflow.db, a tracking store in SQLite with an experiment for each dataset. Upgrade it with mlflow db upgrade.':
    'mlflow.db，一个 SQLite 跟踪存储，每个数据集对应一个实验。可用 mlflow db upgrade 升级。',
  'Stopped early at epoch {epoch} of {planned}: the {metric} has not improved by more than {least} for {patience}; best {best} at epoch {bestEpoch}.':
    '在第 {epoch} 轮（共 {planned} 轮）早停：{metric} 在{patience}中改进未超过 {least}；最佳为 {best}（第 {bestEpoch} 轮）。',
  'Stopped early at epoch {epoch} of {planned}: the {metric} has not improved for {patience}; best {best} at epoch {bestEpoch}.':
    '在第 {epoch} 轮（共 {planned} 轮）早停：{metric} 在{patience}中没有改进；最佳为 {best}（第 {bestEpoch} 轮）。',
  '{count} validations': '{count} 次验证',
  '1 validation': '1 次验证',
  'validation loss': '验证损失',
  'validation top-1': '验证 top-1',
} satisfies ContractTexts
