# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_to_global_optspecs
    string join \n url= api-key= api-key-file= web-url= execution= state-dir= ca-cert= timeout= retry-for= best-effort json q/quiet v/verbose color= h/help
end

function __fish_to_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_to_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_to_using_subcommand
    set -l cmd (__fish_to_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c to -n "__fish_to_needs_command" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_needs_command" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_needs_command" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_needs_command" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_needs_command" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_needs_command" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_needs_command" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_needs_command" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_needs_command" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_needs_command" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_needs_command" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_needs_command" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_needs_command" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_needs_command" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_needs_command" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_needs_command" -f -a "start" -d 'Opens an execution of a test plan and prints its id'
complete -c to -n "__fish_to_needs_command" -f -a "submit" -d 'Reads reports and sends their results'
complete -c to -n "__fish_to_needs_command" -f -a "end" -d 'Completes the execution and prints its status'
complete -c to -n "__fish_to_needs_command" -f -a "run" -d 'Starts, runs the tests, submits their reports, and ends'
complete -c to -n "__fish_to_needs_command" -f -a "result" -d 'Sends one result, typed by hand'
complete -c to -n "__fish_to_needs_command" -f -a "update" -d 'Adds links, metadata or events, or sets a status'
complete -c to -n "__fish_to_needs_command" -f -a "show" -d 'Shows the execution and its results, failures first'
complete -c to -n "__fish_to_needs_command" -f -a "rerun" -d 'Requests that executions be run again'
complete -c to -n "__fish_to_needs_command" -f -a "reruns" -d 'Lists what is to be run again, or takes it off the list'
complete -c to -n "__fish_to_needs_command" -f -a "push" -d 'Delivers the outbox, or a spool directory'
complete -c to -n "__fish_to_needs_command" -f -a "check" -d 'Checks whether results can be submitted here'
complete -c to -n "__fish_to_needs_command" -f -a "completions" -d 'Prints the completions of a shell'
complete -c to -n "__fish_to_needs_command" -f -a "man" -d 'Shows a page of the manual'
complete -c to -n "__fish_to_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c to -n "__fish_to_using_subcommand start" -l family -d 'What is tested: snap, deb, charm, image or solution' -r -f -a "snap\t''
deb\t''
charm\t''
image\t''
solution\t''"
complete -c to -n "__fish_to_using_subcommand start" -l name -d 'The artefact\'s name, such as core22' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l version -d 'The artefact\'s version' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l arch -d 'Debian architecture that is tested, such as amd64; `host` for this machine\'s' -r -f -a "amd64\t''
arm64\t''
armhf\t''
i386\t''
ppc64el\t''
riscv64\t''
s390x\t''
host\t''"
complete -c to -n "__fish_to_using_subcommand start" -l environment -d 'Where the tests run: a device, a virtual machine, a lab' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l test-plan -d 'Which tests run, such as smoke' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l execution-stage -l stage -d 'The stage, also as --stage; snap, charm, solution: edge, beta, candidate or stable; deb: proposed or updates, unless it has a source; image: pending or current' -r -f -a "beta\t''
candidate\t''
current\t''
edge\t''
pending\t''
proposed\t''
stable\t''
updates\t''"
complete -c to -n "__fish_to_using_subcommand start" -l revision -d 'The store\'s revision number' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l track -d 'The release track, such as latest' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l store -d 'The snap store, such as ubuntu' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l branch -d 'The branch within the track' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l series -d 'The Ubuntu series, such as noble' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l repo -d 'The archive\'s component, such as main' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l source -d 'deb: the PPA, where it is not from an archive pocket; solution: where it comes from' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l os -d 'The image\'s operating system, such as ubuntu-core' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l release -d 'The image\'s release, such as noble' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l sha256 -d 'The image\'s checksum; alone it is enough where the server knows the image' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l owner -d 'The team that owns the image' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l image-url -d 'Where the image can be downloaded' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l ci-link -d 'The CI job\'s URL, which is the execution\'s identity: a second start with the same link finds the first execution; `none` sends none' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l initial-status -d 'Instead of IN_PROGRESS: NOT_STARTED, PASSED, FAILED, NOT_TESTED or ENDED_PREMATURELY' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''"
complete -c to -n "__fish_to_using_subcommand start" -l needs-assignment -d 'Ask for a reviewer to be assigned' -r -f -a "true\t''
false\t''"
complete -c to -n "__fish_to_using_subcommand start" -l relevant-link -d 'A link to show with the execution; repeatable' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l from -d 'A request in JSON, or - for standard input; flags and variables go over it' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l example -d 'Print a sample request in JSON, for --from, and open nothing' -r -f -a "snap\t''
deb\t''
charm\t''
image\t''
solution\t''"
complete -c to -n "__fish_to_using_subcommand start" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand start" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand start" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand start" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand start" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand start" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand start" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand start" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand start" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand submit" -l format -d 'The format of the reports, instead of telling it by content' -r -f -a "checkbox\t''
tss\t''
json\t''
jsonl\t''
junit\t''
tap\t''
autopkgtest\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l case-name -d 'Names of JUnit cases; by default the class and the name' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l case-category -d 'Categories of JUnit cases; by default the suite' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l case-template-id -d 'Template ids of JUnit cases; by default none' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l on-duplicate -d 'The treatment of several results of one name: merge makes one of them, number appends ` [2]`, first and last keep one, error sends none' -r -f -a "merge\t''
number\t''
first\t''
last\t''
error\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l redact -d 'Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l properties-as-metadata -d 'Send properties of JUnit cases and suites as metadata of the execution, with PREFIX before their names; a value that is a JSON list is several values' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand submit" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand submit" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand submit" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand submit" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand submit" -l no-redact -d 'Keep nothing out of results but the API key'
complete -c to -n "__fish_to_using_subcommand submit" -l salvage -d 'Send the whole cases of a truncated file too'
complete -c to -n "__fish_to_using_subcommand submit" -l allow-empty -d 'Do not fail when nothing matches, or when what matches holds no results'
complete -c to -n "__fish_to_using_subcommand submit" -l dry-run -d 'Print the results as JSON lines and send nothing'
complete -c to -n "__fish_to_using_subcommand submit" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand submit" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand submit" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand submit" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand submit" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand end" -l status -d 'Set this status instead of having it computed' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''
COMPLETED\t''"
complete -c to -n "__fish_to_using_subcommand end" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand end" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand end" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand end" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand end" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand end" -l exit-code -d 'Exit 10 when the execution is FAILED, 11 when it is ENDED_PREMATURELY'
complete -c to -n "__fish_to_using_subcommand end" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand end" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand end" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand end" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand end" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand run" -l family -d 'What is tested: snap, deb, charm, image or solution' -r -f -a "snap\t''
deb\t''
charm\t''
image\t''
solution\t''"
complete -c to -n "__fish_to_using_subcommand run" -l name -d 'The artefact\'s name, such as core22' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l version -d 'The artefact\'s version' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l arch -d 'Debian architecture that is tested, such as amd64; `host` for this machine\'s' -r -f -a "amd64\t''
arm64\t''
armhf\t''
i386\t''
ppc64el\t''
riscv64\t''
s390x\t''
host\t''"
complete -c to -n "__fish_to_using_subcommand run" -l environment -d 'Where the tests run: a device, a virtual machine, a lab' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l test-plan -d 'Which tests run, such as smoke' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l execution-stage -l stage -d 'The stage, also as --stage; snap, charm, solution: edge, beta, candidate or stable; deb: proposed or updates, unless it has a source; image: pending or current' -r -f -a "beta\t''
candidate\t''
current\t''
edge\t''
pending\t''
proposed\t''
stable\t''
updates\t''"
complete -c to -n "__fish_to_using_subcommand run" -l revision -d 'The store\'s revision number' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l track -d 'The release track, such as latest' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l store -d 'The snap store, such as ubuntu' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l branch -d 'The branch within the track' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l series -d 'The Ubuntu series, such as noble' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l repo -d 'The archive\'s component, such as main' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l source -d 'deb: the PPA, where it is not from an archive pocket; solution: where it comes from' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l os -d 'The image\'s operating system, such as ubuntu-core' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l release -d 'The image\'s release, such as noble' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l sha256 -d 'The image\'s checksum; alone it is enough where the server knows the image' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l owner -d 'The team that owns the image' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l image-url -d 'Where the image can be downloaded' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l ci-link -d 'The CI job\'s URL, which is the execution\'s identity: a second start with the same link finds the first execution; `none` sends none' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l initial-status -d 'Instead of IN_PROGRESS: NOT_STARTED, PASSED, FAILED, NOT_TESTED or ENDED_PREMATURELY' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''"
complete -c to -n "__fish_to_using_subcommand run" -l needs-assignment -d 'Ask for a reviewer to be assigned' -r -f -a "true\t''
false\t''"
complete -c to -n "__fish_to_using_subcommand run" -l relevant-link -d 'A link to show with the execution; repeatable' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l from -d 'A request in JSON, or - for standard input; flags and variables go over it' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l format -d 'The format of the reports, instead of telling it by content' -r -f -a "checkbox\t''
tss\t''
json\t''
jsonl\t''
junit\t''
tap\t''
autopkgtest\t''"
complete -c to -n "__fish_to_using_subcommand run" -l case-name -d 'Names of JUnit cases; by default the class and the name' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l case-category -d 'Categories of JUnit cases; by default the suite' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l case-template-id -d 'Template ids of JUnit cases; by default none' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l on-duplicate -d 'The treatment of several results of one name: merge makes one of them, number appends ` [2]`, first and last keep one, error sends none' -r -f -a "merge\t''
number\t''
first\t''
last\t''
error\t''"
complete -c to -n "__fish_to_using_subcommand run" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l redact -d 'Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l properties-as-metadata -d 'Send properties of JUnit cases and suites as metadata of the execution, with PREFIX before their names; a value that is a JSON list is several values' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l results -d 'Files, directories or quoted globs that the command writes; those that are older than the start are not sent [env: TO_RESULTS]' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand run" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand run" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand run" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand run" -l no-redact -d 'Keep nothing out of results but the API key'
complete -c to -n "__fish_to_using_subcommand run" -l salvage -d 'Send the whole cases of a truncated file too'
complete -c to -n "__fish_to_using_subcommand run" -l allow-empty -d 'Do not fail when nothing matches, or when what matches holds no results'
complete -c to -n "__fish_to_using_subcommand run" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand run" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand run" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand run" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand run" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand result" -l comment -d 'A remark about it' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l log -d 'Its log: a text, @FILE, or - for standard input; @@ begins a text with @' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l category -d 'The group of tests that it belongs to' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l template-id -d 'The template that it was made from, which it has in common with other tests' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l redact -d 'Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand result" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand result" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand result" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand result" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand result" -l no-redact -d 'Keep nothing out of results but the API key'
complete -c to -n "__fish_to_using_subcommand result" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand result" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand result" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand result" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand result" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand update" -l status -d 'The status; COMPLETED has the server compute it' -r -f -a "NOT_STARTED\t''
IN_PROGRESS\t''
PASSED\t''
FAILED\t''
NOT_TESTED\t''
ENDED_PREMATURELY\t''
COMPLETED\t''"
complete -c to -n "__fish_to_using_subcommand update" -l ci-link -d 'The CI job\'s URL, which no other execution may have' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l c3-link -d 'The URL of a submission in Certification' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l metadata -d 'A fact about the execution; repeatable, also with several values of one key' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l link -d 'A link to show with the execution; repeatable' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l event -d 'Something that happened now; repeatable' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand update" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand update" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand update" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand update" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand update" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand update" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand update" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand update" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand update" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand show" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand show" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand show" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand show" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand show" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand show" -l failed -d 'Show the failures alone'
complete -c to -n "__fish_to_using_subcommand show" -l logs -d 'Show the logs too'
complete -c to -n "__fish_to_using_subcommand show" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand show" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand show" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand show" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand show" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand rerun" -l priority -d 'The urgency, from -1000000 to 1000000: the most urgent is listed first' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand rerun" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand rerun" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand rerun" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand rerun" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand rerun" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand rerun" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand rerun" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand rerun" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand rerun" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand reruns" -l family -d 'Only artefacts of this family' -r -f -a "snap\t''
deb\t''
charm\t''
image\t''
solution\t''"
complete -c to -n "__fish_to_using_subcommand reruns" -l environment -d 'Only this environment' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l arch -d 'Only environments of this architecture' -r -f -a "amd64\t''
arm64\t''
armhf\t''
i386\t''
ppc64el\t''
riscv64\t''
s390x\t''
host\t''"
complete -c to -n "__fish_to_using_subcommand reruns" -l done -d 'Take the request of this execution off the list, and list nothing; repeatable' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand reruns" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand reruns" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand reruns" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand reruns" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand reruns" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand reruns" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand reruns" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand reruns" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand reruns" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand push" -l max-log -d 'The longest log, in bytes or with K or M; a longer one keeps its head and tail' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l redact -d 'Keep the value of this variable out of results; repeatable (TO_REDACT has several, separated by white space). Those of *_TOKEN, *_SECRET, *_PASSWORD and *_API_KEY are kept out anyway' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand push" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand push" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand push" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand push" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand push" -l start-again -d 'Open an execution again where an interrupted push may have opened one'
complete -c to -n "__fish_to_using_subcommand push" -l no-redact -d 'Keep nothing out of results but the API key'
complete -c to -n "__fish_to_using_subcommand push" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand push" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand push" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand push" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand push" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand check" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand check" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand check" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand check" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand check" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand check" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand check" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand check" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand check" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand check" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand completions" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand completions" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand completions" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand completions" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand completions" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand completions" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand completions" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand completions" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand completions" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand completions" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand man" -l url -d 'The API, https://HOST; or file:DIR, a spool directory; or none, to do nothing' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l api-key -d 'The key; --api-key-file keeps it out of the list of processes' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l api-key-file -d 'A file that holds the key' -r -F
complete -c to -n "__fish_to_using_subcommand man" -l web-url -d 'The address of the web pages; by default the API\'s, without `-api` in its name' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l execution -d 'The execution to work on, instead of the one that `to start` noted' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l state-dir -d 'The directory of the noted execution and the outbox' -r -f -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand man" -l ca-cert -d 'A certificate authority to trust besides the system\'s, in PEM' -r -F
complete -c to -n "__fish_to_using_subcommand man" -l timeout -d 'The longest that one request may take, once connected' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l retry-for -d 'Go on retrying while nothing is accepted for this long' -r -f
complete -c to -n "__fish_to_using_subcommand man" -l color -d 'Colour the output' -r -f -a "auto\t''
always\t''
never\t''"
complete -c to -n "__fish_to_using_subcommand man" -l best-effort -d 'Keep what cannot be delivered, warn, and exit 0'
complete -c to -n "__fish_to_using_subcommand man" -l json -d 'Print one JSON object instead of plain data'
complete -c to -n "__fish_to_using_subcommand man" -s q -l quiet -d 'Print errors and warnings only'
complete -c to -n "__fish_to_using_subcommand man" -s v -l verbose -d 'Print each request with its status and time'
complete -c to -n "__fish_to_using_subcommand man" -s h -l help -d 'Print help'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "start" -d 'Opens an execution of a test plan and prints its id'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "submit" -d 'Reads reports and sends their results'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "end" -d 'Completes the execution and prints its status'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "run" -d 'Starts, runs the tests, submits their reports, and ends'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "result" -d 'Sends one result, typed by hand'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "update" -d 'Adds links, metadata or events, or sets a status'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "show" -d 'Shows the execution and its results, failures first'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "rerun" -d 'Requests that executions be run again'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "reruns" -d 'Lists what is to be run again, or takes it off the list'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "push" -d 'Delivers the outbox, or a spool directory'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "check" -d 'Checks whether results can be submitted here'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "completions" -d 'Prints the completions of a shell'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "man" -d 'Shows a page of the manual'
complete -c to -n "__fish_to_using_subcommand help; and not __fish_seen_subcommand_from start submit end run result update show rerun reruns push check completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

# Files are offered where a path belongs.
complete -c to -f
complete -c to -n "__fish_to_using_subcommand submit; and test (count (commandline -opc)) -ge 2" -F
complete -c to -n "__fish_to_using_subcommand run; and test (count (commandline -opc)) -ge 2" -a "(__fish_complete_command)"
complete -c to -n "__fish_to_using_subcommand result; and test (count (commandline -opc)) -ge 3" -a "passed failed skipped"
complete -c to -n "__fish_to_using_subcommand push; and test (count (commandline -opc)) -ge 2" -a "(__fish_complete_directories)"
complete -c to -n "__fish_to_using_subcommand completions; and test (count (commandline -opc)) -ge 2" -a "bash elvish fish powershell zsh"
complete -c to -n "__fish_to_using_subcommand man; and test (count (commandline -opc)) -ge 2" -a "start submit end run result update show rerun reruns push check completions man"
