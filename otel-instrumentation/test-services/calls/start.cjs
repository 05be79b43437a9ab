// Runs the calls of a library, required: `node calls/start.cjs openai alone`.
void import(`./${process.argv[2]}.mjs`).then(({ modules, run }) => run(...modules.map((name) => require(name))));
