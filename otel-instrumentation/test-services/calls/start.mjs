// Runs the calls of a library, imported: `node calls/start.mjs openai`.
const { modules, run } = await import(`./${process.argv[2]}.mjs`);
await run(...(await Promise.all(modules.map((name) => import(name)))));
// Who has asked whether the AI may act goes on listening until it is stopped.
process.kill(process.pid, 'SIGTERM');
