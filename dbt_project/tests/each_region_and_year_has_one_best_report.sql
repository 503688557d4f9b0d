select
    region_code,
    report_year,
    count(*) filter (where is_best_edition) as best_reports
from {{ ref('dim_report') }}
where region_code is not null and report_year is not null
group by region_code, report_year
having count(*) filter (where is_best_edition) != 1
