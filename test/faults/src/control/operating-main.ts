import { openOperator } from './installation.ts';

/** The entry of a process that works on one operation until it is killed: told the broker's URL, the ledger's file and the operation. */

const [url = '', file = '', operationId = ''] = process.argv.slice(2);
const operator = await openOperator(url, file);
process.once('disconnect', () => process.exit());
process.send?.('ready');
await operator.control.operations.work(operationId);
process.exit();
